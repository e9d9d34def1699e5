package report

import (
	"fmt"
	"io"
	"strings"

	"careledger/domain"
	"careledger/domain/timecalculator"
)

// Calculation writes a frame time with how it came about: a row for each kind of occasion of a visit.
func Calculation(w io.Writer, format Format, c *timecalculator.Calculation) error {
	s := &sheet{columns: fields([]string{"visit", "band", "services"}), heading: []string{
		fmt.Sprintf("Frame time: %d minutes a month (%s a week × %s weeks = %s, rounded half up)", c.FrameMinutes, c.WeeklyMinutes,
			c.Method.Parameters[0].Value, c.ExactMinutes),
		fmt.Sprintf("Method %s: %s", c.Method.ID, c.Method.Title),
	}}
	for _, p := range c.Method.Parameters {
		line := fmt.Sprintf("  %s %s: %s", p.Name, p.Value, p.Source)
		if p.Status != "" {
			line += " (" + p.Status + ")"
		}
		s.heading = append(s.heading, line)
	}
	for _, name := range []string{"sum_minutes", "gain_minutes", "addition_minutes", "minutes", "times_per_week", "weekly_minutes"} {
		s.columns = append(s.columns, column{name: name, number: true})
	}
	for _, v := range c.Visits {
		for _, o := range v.Occasions {
			row := []string{v.Visit, v.Band, strings.Join(o.Services, " + ")}
			for _, d := range []domain.Decimal{o.Sum, o.Gain, o.Addition, o.Minutes, o.TimesPerWeek, o.WeeklyMinutes} {
				row = append(row, d.String())
			}
			s.rows = append(s.rows, row)
		}
	}
	s.footer = make([]string, len(s.columns))
	s.footer[0], s.footer[len(s.footer)-1] = "total", c.WeeklyMinutes.String()
	return s.write(w, format, c)
}
