WITH RECURSIVE
units AS (SELECT u.unit, u.name, p.name AS provider, p.regime FROM unit u JOIN provider p USING (provider)),
minutes AS (
	SELECT entity, unit, category, band, month, sum(minutes)::bigint AS minutes
	FROM (SELECT entity, unit, category, band, month, minutes FROM visit
		UNION ALL SELECT entity, unit, category, band, month, minutes FROM time_report) AS performed
	GROUP BY entity, unit, category, band, month HAVING sum(minutes) <> 0
),
