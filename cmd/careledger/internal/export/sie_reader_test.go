package export

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A reader of SIE 4I files of the tests' own, built on the specification (edition 4B) and on nothing of the writer: it takes the bytes
// apart into records and fields, checks each field's form and what the records say of each other, and returns what it read together
// with everything that is wrong.

type sieRead struct {
	flag, program, version, format, generated, kind, company, organisation string
	accounts, objects                                                      map[string]string
	dimensions                                                             map[string]string
	vouchers                                                               []sieVoucher
	wrong                                                                  []string
}

type sieVoucher struct {
	series       string
	number       int
	date, text   string
	transactions []sieTransaction
}

type sieTransaction struct {
	account, unit, date, text string
	ore                       int64
}

// sieField is a field of a record: a text, or the parts of an object list.
type sieField struct {
	text    string
	objects []string
	list    bool
}

func (r *sieRead) bad(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func readSIE(file []byte) *sieRead {
	r := &sieRead{accounts: map[string]string{}, objects: map[string]string{}, dimensions: map[string]string{}}
	if !bytes.HasSuffix(file, []byte("\r\n")) {
		r.bad("the last line has no end")
	}
	lines := strings.Split(strings.TrimSuffix(string(file), "\r\n"), "\r\n")
	seen := map[string]int{}
	var open *sieVoucher // the voucher whose transactions follow
	inside := false
	for i, line := range lines {
		for _, c := range []byte(line) {
			if c < ' ' || c == 0x7f {
				r.bad("line %d has the control character %#x", i+1, c)
			}
		}
		fields, err := sieFields(fromCP437([]byte(line)))
		if err != nil || len(fields) == 0 {
			r.bad("line %d: %v: %q", i+1, err, line)
			continue
		}
		label := fields[0].text
		if seen[label]++; i == 0 && label != "#FLAGGA" {
			r.bad("the file begins with %s", label)
		}
		switch {
		case label == "{" && open != nil && !inside:
			inside = true
		case label == "}" && inside:
			r.balance(open)
			r.vouchers = append(r.vouchers, *open)
			open, inside = nil, false
		case label == "#TRANS" && inside:
			open.transactions = append(open.transactions, r.transaction(i+1, fields))
		case label == "#VER" && open == nil:
			open = r.voucher(i+1, fields)
		case open == nil && len(r.vouchers) == 0:
			r.identification(i+1, fields)
		default:
			r.bad("line %d: %s does not belong here", i+1, label)
		}
	}
	for _, label := range []string{"#FLAGGA", "#PROGRAM", "#FORMAT", "#GEN", "#SIETYP", "#FNAMN"} { // obligatory in 4I
		if seen[label] != 1 {
			r.bad("%s stands %d times", label, seen[label])
		}
	}
	if open != nil || len(r.vouchers) == 0 {
		r.bad("a voucher is not closed, or there is none")
	}
	return r
}

// sieFields takes a line apart: fields are separated by spaces or tabs, quotation marks keep a field together, a backslash before a
// quotation mark makes it part of the text, braces hold an object list.
func sieFields(line string) ([]sieField, error) {
	var fields []sieField
	var list *sieField
	rest := []rune(line)
	for len(rest) > 0 {
		var text strings.Builder
		switch c := rest[0]; {
		case c == ' ' || c == '\t':
			rest = rest[1:]
			continue
		case c == '{' && list == nil && len(fields) > 0:
			list, rest = &sieField{list: true}, rest[1:]
			continue
		case c == '}' && list != nil:
			fields, list, rest = append(fields, *list), nil, rest[1:]
			continue
		case c == '"':
			rest = rest[1:]
			for {
				if len(rest) == 0 {
					return nil, fmt.Errorf("a quotation mark is not closed")
				}
				c := rest[0]
				if rest = rest[1:]; c == '"' {
					break
				}
				if c == '\\' && len(rest) > 0 && rest[0] == '"' {
					c, rest = '"', rest[1:]
				}
				text.WriteRune(c)
			}
			if len(rest) > 0 && !strings.ContainsRune(" \t}", rest[0]) {
				return nil, fmt.Errorf("a field goes on after its quotation mark")
			}
		default:
			for len(rest) > 0 && !strings.ContainsRune(" \t\"{}", rest[0]) {
				text.WriteRune(rest[0])
				rest = rest[1:]
			}
			if text.Len() == 0 { // a brace that stands alone
				text.WriteRune(rest[0])
				rest = rest[1:]
			}
		}
		if list != nil {
			list.objects = append(list.objects, text.String())
		} else {
			fields = append(fields, sieField{text: text.String()})
		}
	}
	if list != nil {
		return nil, fmt.Errorf("an object list is not closed")
	}
	return fields, nil
}

var (
	sieAmount  = regexp.MustCompile(`^-?[0-9]+\.[0-9]{2}$`)
	sieNumber  = regexp.MustCompile(`^[0-9]+$`)
	sieCompany = regexp.MustCompile(`^[0-9]{6}-[0-9]{4}$`)
)

func (r *sieRead) identification(line int, fields []sieField) {
	want := map[string]int{"#FLAGGA": 1, "#PROGRAM": 2, "#FORMAT": 1, "#GEN": 1, "#SIETYP": 1, "#FNAMN": 1, "#ORGNR": 1, "#DIM": 2, "#OBJEKT": 3, "#KONTO": 2}
	label, f := fields[0].text, fields[1:]
	if n, known := want[label]; !known || len(f) != n {
		r.bad("line %d: %s with %d fields", line, label, len(f))
		return
	}
	switch label {
	case "#FLAGGA":
		r.flag = f[0].text
	case "#PROGRAM":
		r.program, r.version = f[0].text, f[1].text
	case "#FORMAT":
		r.format = f[0].text
	case "#GEN":
		r.generated = r.date(line, f[0].text)
	case "#SIETYP":
		r.kind = f[0].text
	case "#FNAMN":
		r.company = f[0].text
	case "#ORGNR":
		if r.organisation = f[0].text; !sieCompany.MatchString(r.organisation) {
			r.bad("line %d: organisation number %q", line, r.organisation)
		}
	case "#DIM":
		r.dimensions[f[0].text] = f[1].text
	case "#OBJEKT":
		if r.dimensions[f[0].text] == "" || r.objects[f[1].text] != "" {
			r.bad("line %d: an object twice, or of a dimension that is not declared", line)
		}
		r.objects[f[1].text] = f[2].text
	case "#KONTO":
		if !sieNumber.MatchString(f[0].text) || r.accounts[f[0].text] != "" {
			r.bad("line %d: account %q", line, f[0].text)
		}
		r.accounts[f[0].text] = f[1].text
	}
}

func (r *sieRead) date(line int, s string) string {
	if _, err := time.Parse("20060102", s); err != nil {
		r.bad("line %d: date %q", line, s)
	}
	return s
}

func (r *sieRead) voucher(line int, fields []sieField) *sieVoucher {
	v := &sieVoucher{}
	if len(fields) != 5 {
		r.bad("line %d: a voucher with %d fields", line, len(fields)-1)
		return v
	}
	v.series, v.date, v.text = fields[1].text, r.date(line, fields[3].text), fields[4].text
	var err error
	if v.number, err = strconv.Atoi(fields[2].text); err != nil || v.text == "" {
		r.bad("line %d: voucher %q %q", line, fields[2].text, v.text)
	}
	if n := len(r.vouchers); n > 0 && r.vouchers[n-1].date[:4] == v.date[:4] && r.vouchers[n-1].number >= v.number {
		r.bad("line %d: voucher %d after %d", line, v.number, r.vouchers[n-1].number)
	}
	return v
}

func (r *sieRead) transaction(line int, fields []sieField) (t sieTransaction) {
	if len(fields) != 6 || !fields[2].list || len(fields[2].objects)%2 != 0 {
		r.bad("line %d: a transaction of another form", line)
		return t
	}
	t.account, t.date, t.text = fields[1].text, fields[4].text, fields[5].text
	if r.accounts[t.account] == "" {
		r.bad("line %d: account %q is not declared", line, t.account)
	}
	for i := 0; i < len(fields[2].objects); i += 2 {
		t.unit = fields[2].objects[i+1]
		if r.dimensions[fields[2].objects[i]] == "" || r.objects[t.unit] == "" {
			r.bad("line %d: object %q is not declared", line, t.unit)
		}
	}
	if amount := fields[3].text; sieAmount.MatchString(amount) {
		t.ore, _ = strconv.ParseInt(strings.Replace(amount, ".", "", 1), 10, 64)
	} else {
		r.bad("line %d: amount %q", line, amount)
	}
	return t
}

func (r *sieRead) balance(v *sieVoucher) {
	var sum int64
	for _, t := range v.transactions {
		sum += t.ore
	}
	if sum != 0 {
		r.bad("voucher %d is out of balance by %d öre", v.number, sum)
	}
}
