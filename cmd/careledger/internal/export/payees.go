package export

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/domain"
)

// Payee is where a provider is paid.
type Payee struct {
	Giro domain.Giro
	Name string // as the bank shall see it; "" for the provider's own name
}

// payeeHeader of a payee file; its last column may be left out.
const payeeHeader = "provider;account;name"

// ParsePayees reads a Swedish CSV file (UTF-8, semicolons) of the accounts that providers are paid to, by provider id:
//
//	provider;account;name
//	lund-hemvard;bankgiro 5050-1055;Lunds hemvård
//	attendo;pg 28 65 43-4;
//
// The column name may be left out. The refusal lists every line that is wrong, as domain.Problems.
func ParsePayees(r io.Reader) (map[string]Payee, error) {
	text := bufio.NewReader(r)
	if bom, err := text.Peek(3); err == nil && string(bom) == spreadsheet.ByteOrderMark {
		_, _ = text.Discard(3)
	}
	lines := csv.NewReader(text)
	lines.Comma, lines.FieldsPerRecord = ';', -1
	var ps domain.Problems
	payees, first := map[string]Payee{}, map[string]int{}
	header := 0 // how many columns it has
	for {
		fields, err := lines.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if header == 0 && len(ps) == 0 {
				ps = append(ps, domain.Problem{Line: 1, Field: "header", Reason: "the file is empty; it begins with provider;account;name"})
			}
			if len(ps) > 0 {
				return nil, fmt.Errorf("the payees cannot be read:\n%w", ps)
			}
			return payees, nil
		case errors.As(err, &bad):
			ps = append(ps, domain.Problem{Line: bad.Line, Field: "line", Reason: bad.Err.Error()})
			continue
		case err != nil:
			return nil, fmt.Errorf("read the payees: %w", err)
		}
		line, _ := lines.FieldPos(0)
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if header == 0 {
			text := strings.Join(fields, ";")
			if header = len(fields); text != payeeHeader && text+";name" != payeeHeader {
				ps = append(ps, domain.Problem{Line: line, Field: "header", Reason: fmt.Sprintf("%q is not provider;account or provider;account;name", text)})
				header = 3
			}
			continue
		}
		if strings.Join(fields, "") != "" { // what a spreadsheet leaves of an emptied row
			ps = append(ps, payee(line, fields, header, payees, first)...)
		}
	}
}

func payee(line int, fields []string, columns int, payees map[string]Payee, first map[string]int) (ps domain.Problems) {
	add := func(field, format string, args ...any) {
		ps = append(ps, domain.Problem{Line: line, Field: field, Reason: fmt.Sprintf(format, args...)})
	}
	if len(fields) < 2 || len(fields) > columns {
		add("line", "has %d fields where the header has %d", len(fields), columns)
		return ps
	}
	provider := fields[0]
	if _, err := domain.ParseEntity(string(domain.KindProvider) + "/" + provider); err != nil {
		add("provider", "%q is not a provider's id; use 1 to 64 of A-Z a-z 0-9 _ -", provider)
	} else if at, twice := first[provider]; twice {
		add("provider", "%s has an account on line %d already", provider, at)
	} else {
		first[provider] = line
	}
	giro, err := domain.ParseGiro(fields[1])
	if err != nil {
		add("account", "%v", err)
	}
	p := Payee{Giro: giro}
	if len(fields) == 3 {
		p.Name = fields[2]
	}
	payees[provider] = p
	return ps
}
