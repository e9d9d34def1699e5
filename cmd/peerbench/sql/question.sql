-- Compensation under each model: minutes × hourly rate / 60 by category and regime, rounded to the öre half away from zero once per case,
-- unit, category, band and month; and a premium for each assessed goal. In whole öre, which is faster than decimals and as exact; no amount
-- is below zero.
rate(model, category, regime, ore) AS (VALUES {{range $i, $r := .Rates}}{{if $i}}, {{end}}({{$r.Model}}, '{{$r.Category}}', '{{$r.Regime}}', {{$r.Ore}}::bigint){{end}}),
premium(model, outcome, percent, ore) AS (VALUES {{range $i, $p := .Premiums}}{{if $i}}, {{end}}({{$p.Model}}, '{{$p.Outcome}}', {{$p.Percent}}, {{$p.Ore}}::bigint){{end}}),
posting AS (
	SELECT r.model, m.unit, m.month,
		(m.minutes * r.ore * 2 + 60) {{.Div}} 120 AS ore
	FROM minutes m JOIN units u USING (unit) JOIN rate r ON r.category = m.category AND r.regime = u.regime
	{{- if .Goals}}
	UNION ALL
	SELECT p.model, a.unit, a.month, (p.ore * p.percent * 2 + 100) {{.Div}} 200
	FROM assessed a JOIN premium p ON p.outcome = a.outcome
	{{- end}}
),
{{- if .ByMonth}}
total AS (SELECT model, unit, month, sum(ore) AS ore FROM posting GROUP BY model, unit, month)
SELECT t.model::bigint, u.provider, u.name, {{if .DuckDB}}strftime(t.month, '%Y-%m'){{else}}to_char(t.month, 'YYYY-MM'){{end}}, t.ore::bigint
FROM total t JOIN units u USING (unit) ORDER BY 1, 2, 3, 4
{{- else}}
total AS (SELECT model, unit, sum(ore) AS ore FROM posting GROUP BY model, unit)
SELECT t.model::bigint, u.provider, '', '', sum(t.ore)::bigint FROM total t JOIN units u USING (unit) GROUP BY 1, 2 ORDER BY 1, 2
{{- end}}
