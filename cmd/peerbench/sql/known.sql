-- What the events say that is known at a time: the latest correction of an event in place of its data, annulled events left out. From there the
-- units, the performed minutes, and the assessed goals with the unit that carried out their decision on the day (CONTRACT.md, section 4).
WITH RECURSIVE
correction AS {{.Once}} (
	SELECT DISTINCT ON (event) (data->>'event') AS event, (data->'data') AS data
	FROM events WHERE type = 'event-corrected' AND recorded <= {{.AsOf}} ORDER BY event, seq DESC
),
annulment AS {{.Once}} (
	SELECT (data->>'event') AS event FROM events WHERE type = 'event-annulled' AND recorded <= {{.AsOf}}
),
known AS NOT MATERIALIZED (
	SELECT e.seq, e.entity, e.type, coalesce(c.data, e.data) AS data
	FROM events e LEFT JOIN correction c ON c.event = e.id
	WHERE e.recorded <= {{.AsOf}} AND e.id NOT IN (SELECT event FROM annulment)
),
-- All but performed time, which is most of the events.
rare AS {{.Once}} (
	SELECT seq, entity, type, data FROM known
	WHERE type IN ('provider-registered', 'unit-registered', 'decision-made', 'provider-changed', 'decision-ended', 'goal-set', 'follow-up-held')
),
units AS (
	SELECT (u.data->>'unit') AS unit, (u.data->>'unit') AS name, substr(u.entity, length('provider/') + 1) AS provider, (p.data->>'regime') AS regime
	FROM rare u JOIN rare p ON p.entity = u.entity
	WHERE u.type = 'unit-registered' AND p.type = 'provider-registered'
),
minutes AS (
	SELECT entity, unit, category, band, month, sum(minutes)::bigint AS minutes
	FROM (
		SELECT entity, (data->>'unit') AS unit, (data->>'category') AS category, (data->>'band') AS band,
			date_trunc('month', (data->>'arrived')::timestamptz AT TIME ZONE 'Europe/Stockholm')::date AS month,
			floor(extract(epoch FROM (data->>'left')::timestamptz - (data->>'arrived')::timestamptz) / 60)::bigint
				* greatest(coalesce((data->>'staff')::bigint, 1), 1) AS minutes
		FROM known WHERE type = 'visit-performed'
		UNION ALL
		SELECT entity, (data->>'unit'), (data->>'category'), (data->>'band'), ((data->>'month') || '-01')::date, (data->>'minutes')::bigint
		FROM known WHERE type = 'time-reported'
	) AS performed
	GROUP BY entity, unit, category, band, month HAVING sum(minutes) <> 0
),
decision AS (
	SELECT seq, entity, (data->>'decision') AS decision, (data->>'supersedes') AS supersedes,
		(data->>'from')::date AS since, (data->>'to')::date AS until, (data->>'unit') AS unit
	FROM rare WHERE type = 'decision-made'
),
change AS (
	SELECT seq, entity, (data->>'decision') AS decision, (data->>'from')::date AS since, (data->>'unit') AS unit
	FROM rare WHERE type = 'provider-changed'
),
ended AS (
	SELECT entity, (data->>'decision') AS decision, min((data->>'last_day')::date) AS until
	FROM rare WHERE type = 'decision-ended' GROUP BY 1, 2
),
goal AS (
	SELECT entity, (data->>'goal') AS goal, (data->>'decision') AS decision FROM rare WHERE type = 'goal-set'
),
review AS (
{{- if .DuckDB}}
	SELECT entity, (data->>'follow_up') AS follow_up, (data->>'held_on')::date AS held_on, (item->>'goal') AS goal, (item->>'outcome') AS outcome
	FROM (SELECT entity, data, unnest(from_json(data->'assessments', '["JSON"]')) AS item FROM rare WHERE type = 'follow-up-held') AS held
{{- else}}
	SELECT entity, (data->>'follow_up') AS follow_up, (data->>'held_on')::date AS held_on, (item->>'goal') AS goal, (item->>'outcome') AS outcome
	FROM rare CROSS JOIN LATERAL jsonb_array_elements(data->'assessments') AS item WHERE type = 'follow-up-held'
{{- end}}
),
