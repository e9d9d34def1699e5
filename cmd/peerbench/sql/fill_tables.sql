INSERT INTO provider SELECT row_number() OVER (ORDER BY entity), substr(entity, length('provider/') + 1), data->>'regime' FROM known_event WHERE type = 'provider-registered';
INSERT INTO unit SELECT row_number() OVER (ORDER BY u.data->>'unit'), u.data->>'unit', p.provider
	FROM known_event u JOIN provider p ON p.name = substr(u.entity, length('provider/') + 1) WHERE u.type = 'unit-registered';
INSERT INTO care_case SELECT row_number() OVER (ORDER BY seq), entity FROM known_event WHERE type = 'case-opened';
INSERT INTO visit SELECT e.seq, c.entity, u.unit, e.data->>'category', e.data->>'band', v.arrived, v.departed, v.staff,
		date_trunc('month', v.arrived AT TIME ZONE 'Europe/Stockholm')::date, floor(extract(epoch FROM v.departed - v.arrived) / 60) * v.staff
	FROM known_event e JOIN care_case c ON c.name = e.entity JOIN unit u ON u.name = e.data->>'unit'
	CROSS JOIN LATERAL (SELECT (e.data->>'arrived')::timestamptz AS arrived, (e.data->>'left')::timestamptz AS departed, greatest(coalesce((e.data->>'staff')::int, 1), 1) AS staff) v
	WHERE e.type = 'visit-performed' ORDER BY e.seq;
INSERT INTO time_report SELECT e.seq, c.entity, u.unit, e.data->>'category', e.data->>'band', ((e.data->>'month') || '-01')::date, (e.data->>'minutes')::int
	FROM known_event e JOIN care_case c ON c.name = e.entity JOIN unit u ON u.name = e.data->>'unit' WHERE e.type = 'time-reported' ORDER BY e.seq;
INSERT INTO decision SELECT e.seq, c.entity, e.data->>'decision', e.data->>'supersedes', (e.data->>'from')::date, (e.data->>'to')::date, u.unit
	FROM known_event e JOIN care_case c ON c.name = e.entity JOIN unit u ON u.name = e.data->>'unit' WHERE e.type = 'decision-made' ORDER BY e.seq;
INSERT INTO change SELECT e.seq, c.entity, e.data->>'decision', (e.data->>'from')::date, u.unit
	FROM known_event e JOIN care_case c ON c.name = e.entity JOIN unit u ON u.name = e.data->>'unit' WHERE e.type = 'provider-changed' ORDER BY e.seq;
INSERT INTO ended SELECT c.entity, e.data->>'decision', min((e.data->>'last_day')::date)
	FROM known_event e JOIN care_case c ON c.name = e.entity WHERE e.type = 'decision-ended' GROUP BY 1, 2;
INSERT INTO goal SELECT c.entity, e.data->>'goal', e.data->>'decision' FROM known_event e JOIN care_case c ON c.name = e.entity WHERE e.type = 'goal-set' ORDER BY e.seq;
INSERT INTO review SELECT c.entity, e.data->>'follow_up', (e.data->>'held_on')::date, item->>'goal', item->>'outcome'
	FROM known_event e JOIN care_case c ON c.name = e.entity CROSS JOIN LATERAL jsonb_array_elements(e.data->'assessments') AS item WHERE e.type = 'follow-up-held' ORDER BY e.seq;
-- With the minutes in the index and the rows in its order, the sum over a whole history needs neither the table nor a sort.
CREATE INDEX ON visit (entity, unit, category, band, month) INCLUDE (minutes);
CREATE INDEX ON visit (month);
CREATE INDEX ON time_report (entity, unit, category, band, month) INCLUDE (minutes);
CREATE INDEX ON decision (entity, supersedes);
CREATE INDEX ON change (entity, decision);
