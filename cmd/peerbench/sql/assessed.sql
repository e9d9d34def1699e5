-- A goal of a superseded decision belongs to the superseding one from that one's first day; the unit is the one that carries the decision
-- out on the day, after its end the last one.
superseder AS (
	SELECT DISTINCT ON (entity, supersedes) entity, supersedes AS decision, decision AS successor, since
	FROM decision WHERE supersedes IS NOT NULL ORDER BY entity, supersedes, seq DESC
),
span AS (
	SELECT d.entity, d.decision, least(d.until, s.since - 1, e.until) AS until
	FROM decision d LEFT JOIN superseder s USING (entity, decision) LEFT JOIN ended e USING (entity, decision)
),
segment AS (
	SELECT seq, entity, decision, since, unit FROM decision UNION ALL SELECT seq, entity, decision, since, unit FROM change
),
belongs AS (
	SELECT r.entity, r.follow_up, r.goal, r.outcome, r.held_on, g.decision, 0 AS depth
	FROM review r JOIN goal g ON g.entity = r.entity AND g.goal = r.goal WHERE r.outcome IN ('fulfilled', 'partly')
	UNION ALL
	SELECT b.entity, b.follow_up, b.goal, b.outcome, b.held_on, s.successor, b.depth + 1
	FROM belongs b JOIN superseder s ON s.entity = b.entity AND s.decision = b.decision AND s.since <= b.held_on
),
belonged AS (
	SELECT DISTINCT ON (entity, follow_up, goal) entity, follow_up, goal, outcome, held_on, decision
	FROM belongs ORDER BY entity, follow_up, goal, depth DESC
),
assessed AS (
	SELECT DISTINCT ON (b.entity, b.follow_up, b.goal) s.unit, b.outcome, date_trunc('month', b.held_on)::date AS month
	FROM belonged b JOIN span p USING (entity, decision) JOIN segment s USING (entity, decision)
	ORDER BY b.entity, b.follow_up, b.goal, (s.since <= least(b.held_on, p.until)) DESC,
		CASE WHEN s.since <= least(b.held_on, p.until) THEN s.since END DESC NULLS LAST, s.since, s.seq DESC
),
