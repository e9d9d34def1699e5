package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain/compensation"
	"careledger/projections"
)

// logMoment is the moment of one log as programs read it.
type logMoment struct {
	Authority string             `json:"authority"`
	AsOf      projections.Moment `json:"as_of"`
}

func logMoments(logs []projections.LogMoment) []logMoment {
	all := make([]logMoment, len(logs))
	for i, l := range logs {
		all[i] = logMoment{l.Authority, l.AsOf}
	}
	return all
}

// asKnownIn says in words which moments an answer over several logs is of.
func asKnownIn(logs []projections.LogMoment) string {
	if len(logs) == 1 {
		return asKnown(logs[0].Authority, logs[0].AsOf)
	}
	var latest projections.Moment
	for _, l := range logs {
		if l.AsOf.Recorded.After(latest.Recorded) {
			latest = l.AsOf
		}
	}
	if latest.Recorded.IsZero() {
		return fmt.Sprintf("%d municipalities, before their first events", len(logs))
	}
	return fmt.Sprintf("%d municipalities, as known on %s", len(logs), latest.Text())
}

// withNotes writes a table followed by notes; json and csv have none.
func (s *sheet) withNotes(w io.Writer, format Format, document any, notes []string) error {
	if err := s.write(w, format, document); err != nil || format != Table {
		return err
	}
	for _, n := range notes {
		if _, err := io.WriteString(w, n+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// ageNames and sexNames name columns as the published table does: w women, m men, t total. What is not stated has columns of its own.
func ageNames() []string { return []string{"0_64", "65_79", "80", "not_stated"} }
func sexNames() []string { return []string{"w", "m", "u"} }

// Recipients writes persons by municipality, age and sex. The county of several municipalities comes before them; with countyOnly there is
// nothing but the county. Within a county the municipalities are in order of their names.
func Recipients(w io.Writer, format Format, r *projections.Recipients, countyOnly bool) error {
	var rows []projections.RecipientsRow
	counties := map[string]bool{}
	for _, c := range r.Counties {
		if countyOnly || c.Municipalities > 1 {
			rows, counties[c.Code] = append(rows, c), true
		}
		if !countyOnly {
			in := slices.Clone(r.Municipalities)
			in = slices.DeleteFunc(in, func(m projections.RecipientsRow) bool { return !strings.HasPrefix(m.Code, c.Code) })
			slices.SortFunc(in, func(a, b projections.RecipientsRow) int { return compareAuthorities(a.Code, b.Code) })
			rows = append(rows, in...)
		}
	}
	ages, sexes := projections.AgeNotStated, projections.SexNotStated
	for i := range rows {
		for age, persons := range rows[i].Persons {
			if persons[projections.SexNotStated] > 0 {
				sexes = projections.SexNotStated + 1
			}
			if age == projections.AgeNotStated && rows[i].Age(age) > 0 {
				ages = projections.AgeNotStated + 1
			}
		}
	}
	s := &sheet{columns: fields([]string{"municipality_code", "name"}), heading: []string{
		"Persons enrolled in home health care on some day," + months(r.Period), asKnownIn(r.Logs)}}
	documents, notes := []jsontext.Value{}, []string(nil)
	for i := range rows {
		row := &rows[i]
		keys, counts := []string{row.Code, authorityName(row.Code)}, recipientColumns(row, ages, sexes)
		cells := slices.Clone(keys)
		for _, c := range counts {
			cells = append(cells, c.Text)
		}
		if i == 0 {
			for _, c := range counts {
				s.columns = append(s.columns, column{name: c.Name, number: true})
			}
		}
		s.rows = append(s.rows, cells)
		if counties[row.Code] {
			counts = append(counts, count("shared", row.Shared))
			if row.Shared > 0 {
				notes = append(notes, fmt.Sprintf("%s: persons enrolled in more than one of its %d municipalities: %d. The county counts each of them once.",
					called(row.Code), row.Municipalities, row.Shared))
			}
		}
		documents = append(documents, compensation.AppendRow(nil, []string{"municipality_code", "name"}, keys, counts...))
	}
	if len(rows) == 0 { // the columns that csv has also without rows
		for _, c := range recipientColumns(&projections.RecipientsRow{}, ages, sexes) {
			s.columns = append(s.columns, column{name: c.Name, number: true})
		}
	}
	return s.withNotes(w, format, struct {
		Logs []logMoment      `json:"logs"`
		From string           `json:"from"`
		To   string           `json:"to"`
		Rows []jsontext.Value `json:"rows"`
	}{logMoments(r.Logs), r.Period.From.Text(), r.Period.To.Text(), documents}, notes)
}

func count(name string, n int) compensation.Column {
	return compensation.Column{Name: name, Text: strconv.Itoa(n), Number: true}
}

// recipientColumns returns a row's persons: in all, and for the first ages each of the first sexes and their total.
func recipientColumns(r *projections.RecipientsRow, ages, sexes int) []compensation.Column {
	all := []compensation.Column{count("total", r.Total())}
	for age := range ages {
		for sex := range sexes {
			all = append(all, count(sexNames()[sex]+"_"+ageNames()[age], r.Persons[age][sex]))
		}
		all = append(all, count("t_"+ageNames()[age], r.Age(age)))
	}
	return all
}

// activityRow is time by activity code as programs read it.
type activityRow struct {
	Authority   string `json:"authority"`
	Name        string `json:"name"`
	PerformedBy string `json:"performed_by"` // licensed or delegated
	Code        string `json:"activity_code"`
	Minutes     int64  `json:"minutes"`
	Patients    int    `json:"patients"`
	Reports     int    `json:"reports"`
}

// Activities writes the time of home health care by activity code.
func Activities(w io.Writer, format Format, a *projections.Activities) error {
	s := &sheet{columns: append(fields([]string{"authority", "name", "performed_by", "activity_code"}), column{name: "minutes", number: true},
		column{name: "patients", number: true}, column{name: "reports", number: true}),
		heading: []string{"Home health care by activity code," + months(a.Period), asKnownIn(a.Logs)}}
	rows, without, notes := []activityRow{}, []string{}, []string(nil)
	for i := range a.Municipalities {
		m := &a.Municipalities[i]
		for _, r := range m.Rows {
			row := activityRow{m.Authority, authorityName(m.Authority), "licensed", r.Code, r.Minutes, r.Patients, r.Reports}
			if r.Delegated {
				row.PerformedBy = "delegated"
			}
			rows = append(rows, row)
			s.rows = append(s.rows, []string{row.Authority, row.Name, row.PerformedBy, row.Code, strconv.FormatInt(row.Minutes, 10), strconv.Itoa(row.Patients), strconv.Itoa(row.Reports)})
		}
		if m.WithoutCodes() {
			without = append(without, m.Authority)
		}
	}
	if len(without) > 0 {
		names := make([]string, len(without))
		for i, code := range without {
			names[i] = called(code)
		}
		notes = append(notes, "Licensed time is reported without any activity code by: "+strings.Join(names, ", ")+".")
	}
	return s.withNotes(w, format, struct {
		Logs    []logMoment   `json:"logs"`
		From    string        `json:"from"`
		To      string        `json:"to"`
		Without []string      `json:"without_codes"`
		Rows    []activityRow `json:"rows"`
	}{logMoments(a.Logs), a.Period.From.Text(), a.Period.To.Text(), without, rows}, notes)
}
