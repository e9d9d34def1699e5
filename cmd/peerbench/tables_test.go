package main

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// asked is a table of careledger export parquet, and the question of careledger whose rows it has.
type asked struct {
	table    string
	question []string // its CSV
	csv      string   // the columns of the CSV that the table has, in order, as DuckDB is to read them
	columns  string   // the columns of the table beside them
	amount   string   // what is summed
}

func tablesAsked() []asked {
	return []asked{
		{"postings", []string{"compensation", "--by", "month,provider,unit,policy,component,life_area,occasion"},
			"month, provider, unit, policy, component, life_area, occasion, quantity::DECIMAL(18,6), unit_of_quantity, amount::DECIMAL(18,2)",
			"month, provider, unit, policy, component, life_area, occasion, quantity, unit_of_quantity, amount", "amount"},
		{"premiums", []string{"compensation", "--by", "month,provider,unit,policy,component,life_area,occasion"},
			"month, provider, unit, policy, component, life_area, occasion, quantity::DECIMAL(38,6), amount::DECIMAL(38,2)",
			"month, provider, unit, policy, component, life_area, occasion, sum(quantity), sum(amount)", "amount"},
		{"payouts", []string{"payout", "list"},
			"payout, version::INTEGER, status, total::DECIMAL(18,2), voucher, paid_on::DATE", "payout, version, status, total, voucher, paid_on", "total"},
		{"fulfilment", []string{"fulfilment", "--by", "month,provider,unit,life_area,occasion"},
			"month, provider, unit, life_area, occasion, follow_ups::BIGINT, persons::BIGINT, assessed::BIGINT, fulfilled::BIGINT, partly::BIGINT",
			"month, provider, unit, life_area, occasion, follow_ups, persons, assessed, fulfilled, partly", "assessed"},
		{"follow_ups", []string{"fulfilment", "--by", "month,provider,unit,occasion"},
			"month, provider, unit, occasion, follow_ups::BIGINT, persons::BIGINT", "month, provider, unit, occasion, follow_ups, persons", "follow_ups"},
	}
}

// What DuckDB reads in the tables is what careledger answers, row for row and to the öre, in real decimals and dates.
func TestDuckDBReadsTheTables(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	binary, err := build(ctx, dir)
	require.NoError(t, err)
	careledger := func(output string, args ...string) {
		cmd := exec.Command(binary, args...)
		cmd.Dir = dir
		f, err := os.Create(filepath.Join(dir, output))
		require.NoError(t, err)
		cmd.Stdout = f
		_, err = whole(cmd)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	careledger("lund.ndjson", "generate", "--preset", "lund-pilot")
	careledger("log", "import", "lund.ndjson")
	careledger("log", "payout", "calculate", "--month", "2016-01..2016-04", "--actor", "economist-1")
	careledger("log", "payout", "approve", "--month", "2016-01..2016-03", "--actor", "controller-1", "--on", "2016-05-12")
	careledger("log", "payout", "pay", "--month", "2016-01", "--actor", "treasurer-1", "--on", "2016-05-25")
	careledger("log", "export", "parquet", "--dir", "tables")

	db, err := sql.Open("duckdb", "")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	one := func(to any, query string) {
		t.Helper()
		require.NoError(t, db.QueryRowContext(ctx, query).Scan(to), query)
	}
	read := func(table string) string {
		return "read_parquet(" + quote(filepath.Join(dir, "tables", table, "*", "*", "*.parquet")) + ", hive_types = {'authority': VARCHAR, 'month': VARCHAR})"
	}
	for _, a := range tablesAsked() {
		file := filepath.Join(dir, a.table+".csv")
		careledger(a.table+".csv", append(a.question, "--format", "csv")...)
		answer := "SELECT " + a.csv + " FROM read_csv(" + quote(file) + ", header = true, all_varchar = true)"
		columns := "SELECT " + a.columns + " FROM " + read(a.table)
		if a.table == "premiums" {
			answer += " WHERE component = 'premium'"
			columns += " GROUP BY ALL"
		}
		for name, query := range map[string]string{"in the table and not in the answer": columns + " EXCEPT ALL " + answer, "in the answer and not in the table": answer + " EXCEPT ALL " + columns} {
			var rows string
			one(&rows, "SELECT coalesce(string_agg(r::VARCHAR, chr(10)), '') FROM ("+query+") r")
			require.Empty(t, rows, "%s: %s", a.table, name)
		}
		var sum string
		one(&sum, "SELECT sum("+a.amount+")::VARCHAR FROM "+read(a.table))
		t.Logf("%s: %s in all", a.table, sum)
		require.NotEmpty(t, sum)
		require.NotEqual(t, "0", sum)
	}
	var total, deviation string
	one(&total, "SELECT sum(amount)::VARCHAR FROM "+read("postings")+" WHERE month BETWEEN '2015-01' AND '2016-12' AND component = 'premium'")
	require.Equal(t, "198990.00", total, "what Lund published")
	one(&total, "SELECT sum(settled)::VARCHAR FROM "+read("payouts"))
	one(&deviation, "SELECT sum(amount)::VARCHAR FROM "+read("payout_lines")+" JOIN (SELECT payout, status FROM "+read("payouts")+") USING (payout) WHERE status IN ('approved', 'paid')")
	require.Equal(t, total, deviation, "the lines of payouts that stand sum to them")

	types := func(table string) map[string]string {
		rows, err := db.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+read(table)+")")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		all := map[string]string{}
		for rows.Next() {
			var name, of string
			require.NoError(t, rows.Scan(&name, &of))
			all[name] = of
		}
		require.NoError(t, rows.Err())
		return all
	}
	const text, amount, quantity, date, count = "VARCHAR", "DECIMAL(18,2)", "DECIMAL(18,6)", "DATE", "BIGINT"
	require.Equal(t, map[string]string{"authority": text, "month": text, "first_day": date, "provider": text, "unit": text, "policy": text, "component": text,
		"life_area": text, "occasion": text, "quantity": quantity, "unit_of_quantity": text, "amount": amount}, types("postings"))
	require.Equal(t, map[string]string{"authority": text, "month": text, "first_day": date, "held_on": date, "provider": text, "unit": text, "policy": text, "component": text,
		"life_area": text, "occasion": text, "quantity": quantity, "unit_of_quantity": text, "amount": amount}, types("premiums"))
	require.Equal(t, map[string]string{"authority": text, "month": text, "first_day": date, "payout": text, "provider": text, "version": "INTEGER", "status": text, "total": amount,
		"adjusted": amount, "voucher": text, "known_to": count, "calculated_on": date, "approved_on": date, "rejected_on": date, "paid_on": date, "cancelled_on": date, "settled": amount}, types("payouts"))
	require.Equal(t, map[string]string{"authority": text, "month": text, "first_day": date, "payout": text, "provider": text, "line": "INTEGER", "of_month": date, "unit": text, "policy": text,
		"component": text, "account": text, "cases": "INTEGER", "quantity": quantity, "unit_of_quantity": text, "known": amount, "settled": amount, "amount": amount}, types("payout_lines"))
	require.Equal(t, map[string]string{"authority": text, "month": text, "first_day": date, "provider": text, "unit": text, "decisions": count, "frame_time": count, "begun": count, "ended": count,
		"cases": count, "frame_minutes": count, "need_minutes": count, "granted_minutes": count, "performed_minutes": count}, types("decisions"))
}
