WITH units AS (SELECT unit, name, provider, regime FROM fact_unit),
minutes AS (SELECT unit, category, month, minutes::bigint AS minutes FROM fact_minutes),
assessed AS (SELECT unit, outcome, month FROM fact_goal),
