package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/tables"
)

// commands are careledger in this process, in a directory of the test's own.
type commands struct{ t *testing.T }

func inDirectory(t *testing.T) commands {
	t.Chdir(t.TempDir())
	t.Setenv("CARELEDGER_ACTOR", "auditor-1")
	return commands{t}
}

// run returns what a command prints.
func (c commands) run(args ...string) string {
	c.t.Helper()
	var out bytes.Buffer
	cmd := newRoot()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&bytes.Buffer{})
	require.NoError(c.t, cmd.ExecuteContext(c.t.Context()), "careledger %s", strings.Join(args, " "))
	return out.String()
}

// history writes a history to a file, imports it, and returns it.
func (c commands) history(args ...string) string {
	records := c.run(append([]string{"generate"}, args...)...)
	require.NoError(c.t, os.WriteFile("records.ndjson", []byte(records), 0o600))
	c.run("import", "records.ndjson")
	return records
}

// table reads a table of the directory "tables": a map from column to text for each row, the month of its partition among them. Decimals are
// without trailing zeros, days YYYY-MM-DD, and null is "".
func (c commands) table(name string) (rows []map[string]string) {
	files, err := filepath.Glob(filepath.Join("tables", name, "authority=*", "month=*", "*.parquet"))
	require.NoError(c.t, err)
	for _, path := range files {
		b, err := os.ReadFile(path)
		require.NoError(c.t, err)
		p, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
		require.NoError(c.t, err, path)
		month := strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "month=")
		columns := p.Schema().Fields()
		for _, group := range p.RowGroups() {
			values := make([]parquet.Row, group.NumRows())
			r := group.Rows()
			n, err := r.ReadRows(values)
			require.Equal(c.t, len(values), n, "%s: %v", path, err)
			for _, row := range values {
				read := map[string]string{"month": month}
				for i, v := range row {
					read[columns[i].Name()] = textOf(columns[i].Type().LogicalType(), v)
				}
				rows = append(rows, read)
			}
			require.NoError(c.t, r.Close())
		}
	}
	return rows
}

func textOf(of *format.LogicalType, v parquet.Value) string {
	if v.IsNull() {
		return ""
	}
	if of != nil {
		switch is := of.Value.(type) {
		case *format.DecimalType:
			scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(is.Scale)), nil)
			return plain(new(big.Rat).SetFrac(big.NewInt(v.Int64()), scale))
		case *format.DateType:
			return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
		}
	}
	return v.String()
}

func plain(q *big.Rat) string { n, _ := q.FloatPrec(); return q.FloatString(n) }

// answer is a question's CSV in the form of table.
func (c commands) answer(args ...string) (rows []map[string]string) {
	all, err := csv.NewReader(strings.NewReader(c.run(append(args, "--format", "csv")...))).ReadAll()
	require.NoError(c.t, err)
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
			switch q, ok := new(big.Rat).SetString(cells[i]); name {
			case "quantity", "amount", "total":
				require.True(c.t, ok, cells[i])
				row[name] = plain(q)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// of returns the named columns of rows, each as one text, sorted.
func of(rows []map[string]string, columns ...string) []string {
	texts := make([]string, len(rows))
	for i, r := range rows {
		for _, name := range columns {
			texts[i] += r[name] + "|"
		}
	}
	slices.Sort(texts)
	return texts
}

// summed sums a column by other columns.
func summed(rows []map[string]string, column string, by ...string) map[string]string {
	sums := map[string]*big.Rat{}
	for _, r := range rows {
		key := of([]map[string]string{r}, by...)[0]
		if sums[key] == nil {
			sums[key] = new(big.Rat)
		}
		q, _ := new(big.Rat).SetString(r[column])
		sums[key].Add(sums[key], q)
	}
	texts := map[string]string{}
	for key, q := range sums {
		texts[key] = plain(q)
	}
	return texts
}

// Whatever the history, a program that reads the tables has the rows of the commands, to the öre, and nobody's id.
func TestTheTablesSayWhatTheCommandsAnswer(t *testing.T) {
	histories := map[string][]string{
		"a pilot with premiums":     {"--preset", "lund-pilot"},
		"a municipality":            {"--preset", "municipality", "--persons", "12", "--years", "2"},
		"persons' premiums":         {"--preset", "ostersund-pilot"},
		"frame time":                {"--preset", "granted-time-2022"},
		"state grants":              {"--preset", "state-grant-2010", "of 00"},
		"a model registered late":   {"--preset", "lund-reform"},
		"as known in the middle":    {"--preset", "lund-pilot", "as of 1500"},
		"before the first decision": {"--preset", "lund-pilot", "as of 2"},
	}
	for name, args := range histories {
		t.Run(name, func(t *testing.T) {
			c, which := inDirectory(t), []string(nil)
			if authority, ok := strings.CutPrefix(args[len(args)-1], "of "); ok {
				args, which = args[:len(args)-1], []string{"--authority", authority}
			}
			if at, ok := strings.CutPrefix(args[len(args)-1], "as of "); ok {
				args, which = args[:len(args)-1], []string{"--as-of-sequence", at}
			}
			records := c.history(args...)
			if name == "a pilot with premiums" {
				c.run("payout", "calculate", "--month", "2016-01..2016-03", "--actor", "economist-1")
				c.run("payout", "approve", "--month", "2016-01..2016-02", "--actor", "controller-1", "--on", "2016-04-12")
				c.run("payout", "pay", "--month", "2016-01", "--actor", "treasurer-1", "--on", "2016-04-25")
			}
			c.run(append([]string{"export", "parquet", "--dir", "tables"}, which...)...)
			ask := func(args ...string) []map[string]string { return c.answer(append(args, which...)...) }

			columns := []string{"month", "provider", "unit", "policy", "component", "life_area", "occasion", "quantity", "unit_of_quantity", "amount"}
			postings := ask("compensation", "--by", strings.Join(columns[:7], ","))
			require.Equal(t, of(postings, columns...), of(c.table("postings"), columns...))

			isPremium := regexp.MustCompile("premium")
			premiums := slices.DeleteFunc(slices.Clone(postings), func(r map[string]string) bool { return !isPremium.MatchString(r["component"]) })
			require.Equal(t, summed(premiums, "amount", columns[:7]...), summed(c.table("premiums"), "amount", columns[:7]...))
			require.Equal(t, summed(premiums, "quantity", columns[:7]...), summed(c.table("premiums"), "quantity", columns[:7]...))
			for _, r := range c.table("premiums") {
				require.Equal(t, r["month"], r["held_on"][:7])
			}

			columns = []string{"month", "provider", "unit", "life_area", "occasion", "follow_ups", "persons", "assessed", "fulfilled", "partly"}
			require.Equal(t, of(ask("fulfilment", "--by", strings.Join(columns[:5], ",")), columns...), of(c.table("fulfilment"), columns...))
			columns = []string{"month", "provider", "unit", "occasion", "follow_ups", "persons"}
			require.Equal(t, of(ask("fulfilment", "--by", strings.Join(columns[:4], ",")), columns...), of(c.table("follow_ups"), columns...))

			columns = []string{"month", "provider", "unit", "frame_minutes", "need_minutes", "granted_minutes", "performed_minutes"}
			decisions := slices.DeleteFunc(c.table("decisions"), func(r map[string]string) bool { return r["granted_minutes"] == "0" && r["performed_minutes"] == "0" })
			require.Equal(t, of(ask("decision", "deviation", "--by", strings.Join(columns[:3], ",")), columns...), of(decisions, columns...))

			columns = []string{"payout", "version", "status", "total", "voucher", "paid_on"}
			payouts, lines := c.table("payouts"), c.table("payout_lines")
			require.Equal(t, of(ask("payout", "list"), columns...), of(payouts, columns...))
			require.Equal(t, summed(payouts, "total", "payout"), summed(lines, "amount", "payout"))
			if name == "a pilot with premiums" {
				require.Len(t, payouts, 6)
				require.Contains(t, c.run("payout", "list", "--format", "json"), `"settled": "`+summed(payouts, "settled")[""]+`"`, "approved or paid")
				var one []map[string]string
				for _, l := range lines {
					if l["payout"] == "2016-01-lund-hemvard" {
						one = append(one, l)
					}
				}
				columns = []string{"line", "unit", "account", "cases", "quantity", "unit_of_quantity", "amount"}
				require.Equal(t, of(ask("payout", "show", "2016-01-lund-hemvard", "--purpose", "the test"), columns...), of(one, columns...))
			}
			c.namesNobody(records)
		})
	}
}

// namesNobody looks for the cases, patients and pseudonyms of a history, and for the ids of what stands in them, in every text of every table.
func (c commands) namesNobody(records string) {
	named := map[string]bool{}
	var collect func(field string, value any)
	collect = func(field string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, inner := range v {
				collect(name, inner)
			}
		case []any:
			for _, inner := range v {
				collect(field, inner)
			}
		case string:
			if slices.Contains([]string{"id", "person", "decision", "goal", "subgoal", "follow_up", "event", "reason", "result"}, field) {
				named[v] = true
			}
		}
	}
	for line := range strings.Lines(records) {
		var r map[string]any
		require.NoError(c.t, json.Unmarshal([]byte(line), &r))
		entity := r["entity"].(string)
		if kind, id, _ := strings.Cut(entity, "/"); kind == "case" || kind == "patient" {
			named[entity], named[id] = true, true
			collect("", r)
		}
	}
	for _, table := range tables.Names() {
		for _, row := range c.table(table) {
			for column, text := range row {
				require.False(c.t, named[text], "table %s, column %s: %s", table, column, text)
			}
		}
	}
}

// parquetFiles returns the content and time of every partition.
func (c commands) parquetFiles() (content map[string]string, at map[string]time.Time) {
	content, at = map[string]string{}, map[string]time.Time{}
	require.NoError(c.t, filepath.WalkDir("tables", func(path string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".parquet" {
			return err
		}
		b, err := os.ReadFile(path)
		require.NoError(c.t, err)
		info, err := e.Info()
		content[path], at[path] = string(b), info.ModTime()
		return err
	}))
	return content, at
}

func (c commands) manifest() (m tables.Manifest) {
	b, err := os.ReadFile(filepath.Join("tables", "_careledger", "1281.json"))
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(b, &m))
	return m
}

// One goal of March 2016 turns out to have been partly reached.
const correction = `{"type":"event-corrected","authority":"1281","entity":"case/l001","effective":"2016-03-08","recorded":"2017-01-17T09:12:00Z","actor":"care-manager-1","data":{"event":"l001.15","reason":"outcome entered on the wrong goal","data":%s}}`

// corrected is a file with that correction.
func (c commands) corrected(records string) string {
	for line := range strings.Lines(records) {
		var r struct {
			ID   string         `json:"id"`
			Data map[string]any `json:"data"`
		}
		if !strings.Contains(line, `"l001.15"`) || json.Unmarshal([]byte(line), &r) != nil || r.ID != "l001.15" {
			continue
		}
		r.Data["assessments"].([]any)[0].(map[string]any)["outcome"] = "partly"
		data, err := json.Marshal(r.Data)
		require.NoError(c.t, err)
		require.NoError(c.t, os.WriteFile("correction.ndjson", fmt.Appendf(nil, correction+"\n", data), 0o600))
		return "correction.ndjson"
	}
	c.t.Fatal("the pilot has no event l001.15")
	return ""
}

func TestOnlyWhatACorrectionConcernsIsRewritten(t *testing.T) {
	c := inDirectory(t)
	records := c.history("--preset", "lund-pilot")
	c.run("export", "parquet", "--dir", "tables")
	was, at := c.parquetFiles()
	c.run("export", "parquet", "--dir", "tables")
	again, atAgain := c.parquetFiles()
	require.Equal(t, was, again)
	require.Equal(t, at, atAgain, "what has not changed keeps its file")

	c.run("import", c.corrected(records))
	c.run("export", "parquet", "--dir", "tables")
	is, atLast := c.parquetFiles()
	for path := range was {
		concerned := strings.Contains(path, "month=2016-03") && regexp.MustCompile("postings|premiums|fulfilment").MatchString(path)
		require.Equal(t, concerned, was[path] != is[path], path)
		require.Equal(t, concerned, at[path] != atLast[path], path)
	}
	require.Len(t, is, len(was))
	c.run("export", "parquet", "--dir", "tables", "--as-of-sequence", fmt.Sprint(c.manifest().Log.Sequence-2))
	back, _ := c.parquetFiles()
	require.Equal(t, was, back, "the same knowledge, the same bytes")
}

// output is written by a command that runs beside the test.
type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// beside runs a command until stop, which returns how it ended.
func (c commands) beside(args ...string) (said *output, stop func() error) {
	ctx, cancel := context.WithCancel(c.t.Context())
	said, ended := &output{}, make(chan error, 1)
	cmd := newRoot()
	cmd.SetArgs(args)
	cmd.SetOut(said)
	cmd.SetErr(said)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	return said, func() error { cancel(); return <-ended }
}

// A watched directory follows the log, whoever writes to it: a command, or a careledger that serves.
func TestWatchedTablesFollowTheLog(t *testing.T) {
	c := inDirectory(t)
	records := c.history("--preset", "lund-pilot")
	said, stop := c.beside("export", "--watch", "--dir", "tables", "--every", "20ms")
	until := func(text string) {
		t.Helper()
		if !assert.Eventually(t, func() bool { return strings.Contains(said.String(), text) }, time.Minute, 10*time.Millisecond) {
			t.Fatalf("%q is not said:\n%s", text, said)
		}
	}
	until("as known at event 2 696: ")
	c.run("import", c.corrected(records)) // by a command that opens the directory itself
	until("as known at event 2 698: 0 partitions made, 3 rewritten, 0 removed, ")
	until("  rewritten: postings 2016-03, premiums 2016-03, fulfilment 2016-03\n")

	serving, stopServing := c.beside("serve")
	require.Eventually(t, func() bool { return strings.Contains(serving.String(), "serving careledger-data") }, time.Minute, 10*time.Millisecond)
	c.run("payout", "calculate", "--month", "2016-01", "--actor", "economist-1") // by the one that serves
	until(" payouts 2016-01, payout_lines 2016-01\n")                            // of one provider first, perhaps
	require.Eventually(t, func() bool { return len(c.table("payouts")) == 2 }, time.Minute, 10*time.Millisecond)
	require.NoError(t, stopServing())
	c.run("payout", "approve", "--month", "2016-01", "--actor", "controller-1", "--on", "2016-04-12")
	require.Eventually(t, func() bool { return summed(c.table("payouts"), "settled")[""] == "781169.21" }, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool { return c.manifest().Complete }, time.Minute, 10*time.Millisecond)
	require.NoError(t, stop(), "Ctrl-C is how it is stopped")

	was, _ := c.parquetFiles()
	require.NoError(t, os.RemoveAll("tables"))
	c.run("export", "parquet", "--dir", "tables")
	is, _ := c.parquetFiles()
	require.Equal(t, was, is, "as if they had been made at once")
}
