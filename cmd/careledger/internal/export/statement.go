package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

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
	heading [][2]string // label and text
	rows    [][]cell    // in the order of statementColumns
	total   domain.Money
}

// cell is a text, or a number in plain notation with a point.
type cell struct {
	text   string
	number string
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

func (ps *problems) row(p *Payout, l *domain.PayoutLine, settings StatementSettings) []cell {
	kind, causes := "Månaden", cell{}
	if l.Adjusts(p.Calculated.Month) {
		kind = "Justering av " + l.Month.String()
		causes.number = strconv.Itoa(cmp.Or(l.CausesInAll, len(l.Causes)))
	}
	quantity, err := domain.ParseDecimal(l.Quantity)
	if err != nil {
		ps.add(fmt.Sprintf("payout %s, line %d, quantity", p.ID, l.Line), "%v", err)
	}
	unitName := ""
	if l.Unit != "" {
		unitName = cmp.Or(plainText(settings.UnitNames[l.Unit]), l.Unit)
	}
	return []cell{
		{text: l.Month.String()}, {text: kind}, {text: plainText(l.Unit)}, {text: unitName}, {text: plainText(l.Policy)}, {text: plainText(l.Component)},
		{text: plainText(l.Account)}, {number: strconv.Itoa(l.Cases)}, {number: quantity.String()}, {text: quantityText(l.QuantityUnit)},
		{number: l.Known.String()}, {number: l.Settled.String()}, causes, {number: l.Amount.String()},
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

// mayBeFormula says whether a spreadsheet may take a text for a formula: by its first character, in Latin or full width.
func mayBeFormula(s string) bool {
	return s != "" && slices.Contains([]rune("=+-@＝＋－＠"), []rune(s)[0])
}
