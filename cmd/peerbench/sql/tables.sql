-- The same history as an application keeps it that does not keep events: rows as they are now, corrections written over, annulled rows gone.
-- What a query needs of a visit is computed when it is stored: its minutes, and its month in Swedish time.
CREATE TABLE provider (provider smallint PRIMARY KEY, name text NOT NULL UNIQUE, regime text NOT NULL);
CREATE TABLE unit (unit smallint PRIMARY KEY, name text NOT NULL UNIQUE, provider smallint NOT NULL REFERENCES provider);
CREATE TABLE care_case (entity integer PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE visit (
	event bigint PRIMARY KEY, entity integer NOT NULL REFERENCES care_case, unit smallint NOT NULL REFERENCES unit, category text NOT NULL, band text NOT NULL,
	arrived timestamptz NOT NULL, departed timestamptz NOT NULL, staff smallint NOT NULL, month date NOT NULL, minutes integer NOT NULL);
CREATE TABLE time_report (
	event bigint PRIMARY KEY, entity integer NOT NULL REFERENCES care_case, unit smallint NOT NULL REFERENCES unit, category text NOT NULL, band text NOT NULL,
	month date NOT NULL, minutes integer NOT NULL);
CREATE TABLE decision (
	seq bigint PRIMARY KEY, entity integer NOT NULL REFERENCES care_case, decision text NOT NULL, supersedes text, since date NOT NULL, until date, unit smallint NOT NULL REFERENCES unit,
	UNIQUE (entity, decision));
CREATE TABLE change (seq bigint PRIMARY KEY, entity integer NOT NULL REFERENCES care_case, decision text NOT NULL, since date NOT NULL, unit smallint NOT NULL REFERENCES unit);
CREATE TABLE ended (entity integer NOT NULL REFERENCES care_case, decision text NOT NULL, until date NOT NULL, PRIMARY KEY (entity, decision));
CREATE TABLE goal (entity integer NOT NULL REFERENCES care_case, goal text NOT NULL, decision text NOT NULL, PRIMARY KEY (entity, goal));
CREATE TABLE review (
	entity integer NOT NULL REFERENCES care_case, follow_up text NOT NULL, held_on date NOT NULL, goal text NOT NULL, outcome text NOT NULL,
	PRIMARY KEY (entity, follow_up, goal));
