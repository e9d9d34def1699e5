package export

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/domain"
)

// StatementSettings says what a statement needs to know besides the payout.
type StatementSettings struct {
	Authority string            // the name of who pays, for the heading; "" for none
	UnitNames map[string]string // by unit; a unit without one is named by its id
}

// statement is what a provider gets with a payout, whichever the file format: a heading, a line for each line of the payout, and a total.
// It names no case, no event and no actor but who calculated and who approved.
type statement struct {
	heading [][2]string          // label and text
	rows    [][]spreadsheet.Cell // in the order of statementColumns
	total   domain.Money
}

type statementColumn struct {
	title  string
	width  int  // in a workbook, in characters
	amount bool // kronor
}

// amountColumn is where the amounts stand that the total is the sum of.
const amountColumn = 13

// statementColumns are the columns of the lines, in Swedish: the provider reads them.
func statementColumns() []statementColumn {
	return []statementColumn{
		{"Månad", 9, false}, {"Typ", 20, false}, {"Enhet", 18, false}, {"Enhetens namn", 26, false}, {"Policy", 22, false},
		{"Komponent", 16, false}, {"Konto", 8, false}, {"Antal ärenden", 13, false}, {"Kvantitet", 12, false}, {"Kvantitetens enhet", 18, false},
		{"Belopp som nu känt", 18, true}, {"Tidigare reglerat", 16, true}, {"Antal orsaker", 13, false}, {"Belopp", 14, true},
	}
}

func newStatement(p *Payout, settings StatementSettings) (*statement, error) {
	var ps problems
	if !ps.sums(p) {
		return nil, fmt.Errorf("no statement can be made:\n%w", ps.err())
	}
	c := p.Calculated
	s := &statement{total: c.Total}
	s.head("Underlag för ersättning", plainText(settings.Authority))
	s.head("Utförare", plainText(p.name()))
	s.head("Utförarens id", c.Provider)
	s.head("Organisationsnummer", ps.organisationNumber("payout "+p.ID+", organisation number", p.OrganisationNumber))
	s.head("Månad", c.Month.String())
	s.head("Utbetalning", p.ID)
	s.head("Version", strconv.Itoa(c.Version))
	s.head("Status", statusText(p.Status))
	if v := p.Voucher; v.Number > 0 {
		s.head("Verifikation", fmt.Sprintf("%d av år %d", v.Number, v.Year))
	}
	if p.BookedOn != 0 {
		s.head("Bokföringsdag", p.BookedOn.String())
	}
	s.head("Beräknad av", plainText(p.CalculatedBy))
	s.head("Attesterad av", plainText(p.ApprovedBy))
	s.head("Känt till och med händelse", strconv.FormatUint(c.KnownTo, 10))
	s.head("Känt vid tidpunkt", c.KnownAt.UTC().Format(time.RFC3339))
	for _, m := range c.Models {
		s.head("Modell", fmt.Sprintf("%s från %s, SHA-256 %s", m.Policy, m.From, m.SHA256))
	}
	for i := range c.Lines {
		s.rows = append(s.rows, ps.row(p, &c.Lines[i], settings))
	}
	if err := ps.err(); err != nil {
		return nil, fmt.Errorf("no statement can be made:\n%w", err)
	}
	return s, nil
}

// head adds a line to the heading, if there is anything to say.
func (s *statement) head(label, text string) {
	if text != "" {
		s.heading = append(s.heading, [2]string{label, text})
	}
}

func (ps *problems) row(p *Payout, l *domain.PayoutLine, settings StatementSettings) []spreadsheet.Cell {
	kind, causes := "Månaden", spreadsheet.Cell{}
	if l.Adjusts(p.Calculated.Month) {
		kind = "Justering av " + l.Month.String()
		causes.Number = strconv.Itoa(cmp.Or(l.CausesInAll, len(l.Causes)))
	}
	quantity, err := domain.ParseDecimal(l.Quantity)
	if err != nil {
		ps.add(fmt.Sprintf("payout %s, line %d, quantity", p.ID, l.Line), "%v", err)
	}
	unitName := ""
	if l.Unit != "" {
		unitName = cmp.Or(plainText(settings.UnitNames[l.Unit]), l.Unit)
	}
	return []spreadsheet.Cell{
		{Text: l.Month.String()}, {Text: kind}, {Text: plainText(l.Unit)}, {Text: unitName}, {Text: plainText(l.Policy)}, {Text: plainText(l.Component)},
		{Text: plainText(l.Account)}, {Number: strconv.Itoa(l.Cases)}, {Number: quantity.String()}, {Text: quantityText(l.QuantityUnit)},
		{Number: l.Known.String()}, {Number: l.Settled.String()}, causes, {Number: l.Amount.String()},
	}
}

func statusText(s Status) string {
	switch s {
	case Approved:
		return "attesterad"
	case Paid:
		return "utbetald"
	case Cancelled:
		return "makulerad"
	case Calculated:
		return "beräknad, inte attesterad"
	}
	return plainText(string(s))
}

// quantityText is a unit of quantity in Swedish; one that this release does not know stands as it is.
func quantityText(unit string) string {
	switch unit {
	case "minute":
		return "minuter"
	case "goal":
		return "mål"
	case "person":
		return "personer"
	case "unit-month":
		return "enhetsmånader"
	case "case-month":
		return "ärendemånader"
	case "patient-month":
		return "patientmånader"
	case "recipient":
		return "mottagare"
	case "mixed":
		return "olika slag"
	}
	return plainText(unit)
}

// plainText is s on one line, without control and formatting characters.
func plainText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.Join(strings.Fields(s), " ")
}
