-- Facts made ready before the question: the minutes per case, unit, category, band and month, and the assessed goals with their unit.
CREATE TABLE fact_unit AS {{.Known}}{{.Assessed}} one AS (SELECT 1) SELECT row_number() OVER (ORDER BY unit)::smallint AS unit, name, provider, regime FROM units;
CREATE TABLE fact_minutes AS {{.Known}}{{.Assessed}} one AS (SELECT 1)
	SELECT (dense_rank() OVER (ORDER BY m.entity))::integer AS entity, u.unit, m.category, m.band, m.month, m.minutes::integer AS minutes
	FROM minutes m JOIN fact_unit u ON u.name = m.unit ORDER BY 1, 2, 3, 4, 5;
CREATE TABLE fact_goal AS {{.Known}}{{.Assessed}} one AS (SELECT 1)
	SELECT u.unit, a.outcome, a.month FROM assessed a JOIN fact_unit u ON u.name = a.unit ORDER BY 1, 2, 3;
