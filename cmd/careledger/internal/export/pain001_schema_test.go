package export

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// The tests' own reading of pain.001.001.03: the part of the schema that giro payments use, with the order, number, length and pattern of
// its elements, and what the Swedish banks ask for besides (sums, counts, ids, characters, accounts). It shares no type with the writer.

// element is an element of a message, its children in the order of the schema.
type element struct {
	name     string
	min, max int
	text     string // pattern of the text of one without children
	fields   []element
	oneOf    bool // one of fields, not all in order
}

const (
	max35    = `^(?s).{1,35}$`
	max70    = `^(?s).{1,70}$`
	max140   = `^(?s).{1,140}$`
	decimals = `^[0-9]{1,13}\.[0-9]{2}$` // the schema allows 18 digits and 5 (amounts) or 17 (sums) decimals; kronor have two
	isoDate  = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
)

func one(name, text string) element { return element{name: name, min: 1, max: 1, text: text} }
func group(name string, fields ...element) element {
	return element{name: name, min: 1, max: 1, fields: fields}
}
func optional(e element) element { e.min = 0; return e }
func many(e element) element     { e.max = 1 << 20; return e }
func choice(e element) element   { e.oneOf = true; return e }

func schema() element {
	scheme := choice(group("SchmeNm", one("Cd", `^.{1,4}$`), one("Prtry", max35)))
	party := func(name string) element {
		return group(name, optional(one("Nm", max70)), optional(group("Id", group("OrgId", many(optional(group("Othr", one("Id", max35), optional(scheme))))))))
	}
	account := func(name string) element {
		return group(name, choice(group("Id", one("IBAN", `^[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}$`), group("Othr", one("Id", `^.{1,34}$`), optional(scheme)))),
			optional(one("Ccy", `^[A-Z]{3}$`)))
	}
	return group("Document", group("CstmrCdtTrfInitn",
		group("GrpHdr", one("MsgId", max35), one("CreDtTm", isoDate[:len(isoDate)-1]+`T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$`), one("NbOfTxs", `^[0-9]{1,15}$`),
			optional(one("CtrlSum", decimals)), party("InitgPty")),
		many(group("PmtInf", one("PmtInfId", max35), one("PmtMtd", `^(CHK|TRF|TRA)$`), optional(one("BtchBookg", `^(true|false)$`)),
			optional(one("NbOfTxs", `^[0-9]{1,15}$`)), optional(one("CtrlSum", decimals)),
			optional(group("PmtTpInf", optional(one("InstrPrty", `^(HIGH|NORM)$`)), optional(group("SvcLvl", one("Cd", `^.{1,4}$`))),
				optional(group("CtgyPurp", one("Cd", `^.{1,4}$`))))),
			one("ReqdExctnDt", isoDate), party("Dbtr"), account("DbtrAcct"),
			group("DbtrAgt", group("FinInstnId", one("BIC", `^[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?$`))),
			optional(one("ChrgBr", `^(DEBT|CRED|SHAR|SLEV)$`)),
			many(group("CdtTrfTxInf", group("PmtId", optional(one("InstrId", max35)), one("EndToEndId", max35)), group("Amt", one("InstdAmt", decimals)),
				optional(group("CdtrAgt", group("FinInstnId", optional(group("ClrSysMmbId", group("ClrSysId", one("Cd", `^.{1,5}$`)), one("MmbId", max35)))))),
				optional(party("Cdtr")), optional(account("CdtrAcct")), optional(group("RmtInf", many(optional(one("Ustrd", max140))))))),
		))))
}

// node is an element as read from a file.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
}

func readXML(file string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(file))
	root := &node{}
	open := []*node{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		at := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: map[string]string{}}
			if t.Name.Space != pain001Namespace {
				return nil, fmt.Errorf("%s is in the namespace %q", n.name, t.Name.Space)
			}
			for _, a := range t.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			at.children = append(at.children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			at.text += string(t)
		}
	}
	if len(root.children) != 1 {
		return nil, fmt.Errorf("%d roots", len(root.children))
	}
	return root.children[0], nil
}

// at returns the elements at a path below n.
func (n *node) at(path ...string) []*node {
	if len(path) == 0 {
		return []*node{n}
	}
	var found []*node
	for _, c := range n.children {
		if c.name == path[0] {
			found = append(found, c.at(path[1:]...)...)
		}
	}
	return found
}

// is returns the text at a path, "" for none.
func (n *node) is(path ...string) string {
	if found := n.at(path...); len(found) > 0 {
		return found[0].text
	}
	return ""
}

func (e *element) check(n *node, path string) (wrong []string) {
	path += "/" + n.name
	if len(e.fields) == 0 {
		if len(n.children) > 0 || !regexp.MustCompile(e.text).MatchString(n.text) {
			return []string{fmt.Sprintf("%s is %q", path, n.text)}
		}
		return nil
	}
	if strings.TrimSpace(n.text) != "" {
		wrong = append(wrong, fmt.Sprintf("%s has text beside its elements", path))
	}
	rest, chosen := n.children, 0
	for i := range e.fields {
		f := &e.fields[i]
		count := 0
		for len(rest) > 0 && rest[0].name == f.name {
			wrong = append(wrong, f.check(rest[0], path)...)
			rest, count = rest[1:], count+1
		}
		if chosen += min(count, 1); count > f.max || count < f.min && !e.oneOf {
			wrong = append(wrong, fmt.Sprintf("%s has %d %s", path, count, f.name))
		}
	}
	if e.oneOf && chosen != 1 {
		wrong = append(wrong, fmt.Sprintf("%s has %d of its alternatives", path, chosen))
	}
	if len(rest) > 0 {
		wrong = append(wrong, fmt.Sprintf("%s has %s where it does not belong", path, rest[0].name))
	}
	return wrong
}

// checkPain001 returns the message and everything that is wrong with it.
func checkPain001(file string) (*node, []string) {
	root, err := readXML(file)
	if err != nil {
		return nil, []string{err.Error()}
	}
	form := schema()
	if root.name != form.name {
		return nil, []string{"the root is " + root.name}
	}
	wrong := form.check(root, "")
	if len(wrong) > 0 {
		return root, wrong
	}
	m := root.children[0]
	count, sum := 0, new(big.Rat)
	ids := map[string]bool{}
	for _, batch := range m.at("PmtInf") {
		batchSum := new(big.Rat)
		transfers := batch.at("CdtTrfTxInf")
		for _, t := range transfers {
			wrong = append(wrong, checkTransfer(t, ids)...)
			amount, _ := new(big.Rat).SetString(t.is("Amt", "InstdAmt"))
			batchSum.Add(batchSum, amount)
		}
		wrong = append(wrong, checkTotals(batch, len(transfers), batchSum)...)
		count += len(transfers)
		sum.Add(sum, batchSum)
		if id := batch.is("PmtInfId"); ids[id] {
			wrong = append(wrong, "PmtInfId "+id+" twice")
		} else {
			ids[id] = true
		}
	}
	return root, append(wrong, checkTotals(m.at("GrpHdr")[0], count, sum)...)
}

func checkTotals(n *node, count int, sum *big.Rat) (wrong []string) {
	if got := n.is("NbOfTxs"); got != fmt.Sprint(count) {
		wrong = append(wrong, fmt.Sprintf("%s: NbOfTxs is %s for %d", n.name, got, count))
	}
	if got := n.is("CtrlSum"); got != sum.FloatString(2) {
		wrong = append(wrong, fmt.Sprintf("%s: CtrlSum is %s for %s", n.name, got, sum.FloatString(2)))
	}
	return wrong
}

var (
	bankCharacters = regexp.MustCompile(`^[a-zA-Z0-9/\-?:().,'+ åäöÅÄÖ]+$`)
	idCharacters   = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)
)

func checkTransfer(t *node, ids map[string]bool) (wrong []string) {
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	id := t.is("PmtId", "EndToEndId")
	if ids[id] || id != t.is("PmtId", "InstrId") || !idCharacters.MatchString(id) {
		bad("EndToEndId %q is there twice, or of another form", id)
	}
	ids[id] = true
	for _, path := range [][]string{{"Cdtr", "Nm"}, {"RmtInf", "Ustrd"}} {
		if text := t.is(path...); !bankCharacters.MatchString(text) {
			bad("%s %q has characters that a bank does not take", path[1], text)
		}
	}
	amount := t.at("Amt", "InstdAmt")[0]
	if amount.attrs["Ccy"] != "SEK" || strings.Trim(amount.text, "0.") == "" {
		bad("%s %s", amount.text, amount.attrs["Ccy"])
	}
	account := []string{t.is("CdtrAgt", "FinInstnId", "ClrSysMmbId", "ClrSysId", "Cd"), t.is("CdtrAgt", "FinInstnId", "ClrSysMmbId", "MmbId"),
		t.is("CdtrAcct", "Id", "Othr", "SchmeNm", "Prtry"), t.is("CdtrAcct", "Id", "Othr", "SchmeNm", "Cd")}
	number := t.is("CdtrAcct", "Id", "Othr", "Id")
	giros := [][]string{{"SESBA", "9900", "BGNR", ""}, {"SESBA", "9960", "", "BBAN"}}
	if !slices.ContainsFunc(giros, func(g []string) bool { return slices.Equal(g, account) }) || !domain.Luhn(number) {
		bad("account %q of %q", number, account)
	}
	return wrong
}

func TestTheSchemaTakesTheGoldenFile(t *testing.T) {
	_, wrong := checkPain001(string(writePain001(t, march(t), paymentSettings(t))))
	require.Empty(t, wrong)
}
