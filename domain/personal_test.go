package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/historytest"
)

// holdsPersonal is what a field is refused for.
const holdsPersonal = "holds a personal identity number (or a co-ordination number); the ledger takes none in any field. Use an opaque pseudonym, and leave the number out of texts"

// withText is a record that would be taken but for the text, which is free in it.
func withText(text string) []byte {
	data, err := json.Marshal(map[string]string{"goal": "g1", "subgoal": text})
	if err != nil {
		return []byte(err.Error())
	}
	return []byte(rec("subgoal-set", "case/k", "2020-02-01", string(data)))
}

func refusedFor(line []byte) (fields []string) {
	_, problems := domain.ParseRecord(line, historytest.Now)
	for _, p := range problems {
		if p.Reason == holdsPersonal {
			fields = append(fields, p.Field)
		}
	}
	return fields
}

func TestEveryFormOfAPersonalIdentityNumberIsFound(t *testing.T) {
	for _, text := range []string{
		"19121212-1212", "191212121212", "19121212+1212", "121212-1212", "121212+1212", "1212121212", "19121212 1212", "121212 1212",
		"ring 19121212-1212 först", "(19121212-1212)", "nr:191212121212.", "-121212-1212-", "två: 121212-1213, 121212-1212", "\n191212121212\t",
		"121212–1212", "19121212 - 1212", "121212\u00a0-1212", "121212\u20111212", "121212--1212", // what word processors make of it
		"18121212-1212", "20121212-1212", // the check digit is that of the last ten
		"701063-2391", "19701063-2391", // co-ordination numbers: day 63
		"000229-0005", "20000229-0005", "960229-0000", // leap days
		"2015 19121212-1212 1", "20150301 121212-1212", "\U0001F600121212-1212", "\u00a0121212-1212\u00a0", "_121212-1212_",
		"anna19121212-1212", "19121212-1212x", "Anna19121212-1212Andersson", "p191212121212", "å19121212 1212", "ebba191212121212", // touched by letters
		"a701063-2391", "960229-0000b",
	} {
		assert.Equal(t, []string{"data.subgoal"}, refusedFor(withText(text)), "%q", text)
	}
}

func TestWhatIsNoPersonalIdentityNumberIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"19121212-1213", "191212121213", "121212-1213", // the check digit
		"17121212-1212", "21121212-1212", "121212121212", // the century
		"556016-0680", "202100-5489", "165560160680", // organisation numbers
		"1191212-1212", "19121212-12121", "0121212-1212", "a121212-1212", "121212-1212b", "å1212121212", "1212121212ö", "7010632391x", "1191212121212x", // touched
		"INV20121212-1212", "v20000229-0005", "F121212-1212", "visit201212121212", // stamps of a system's own
		"4a191212121212cafe5a0c3e",                                                                                // a hash
		"121212----1212", "121212 , 1212", "12-1212-1212", "121212.1212", "1212-121212", "121212-121", "12121212", // another form
		"2015-03-01T08:00:00Z", "201503010800001", "", "12121212121",
		"19121212-1212-4121-8121-191212121212", "abcdef01-1212-4121-8121-191212121212", // UUIDs
	} {
		assert.Empty(t, refusedFor(withText(text)), "%q", text)
	}
}

// Ids that systems make are taken, though many hold as many digits as a number.
func TestTheIdsOfSystemsAreNoPersonalIdentityNumbers(t *testing.T) {
	hexadecimal := func(n int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("%x", rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes")) })
	}
	stamp := rapid.Custom(func(t *rapid.T) string {
		day := domain.NewDate(2000, 1, 1) + domain.Date(rapid.IntRange(0, 30*365).Draw(t, "day"))
		text := strings.ReplaceAll(day.String(), "-", "")[rapid.SampledFrom([]int{0, 2}).Draw(t, "from"):]
		return rapid.SampledFrom([]string{"INV", "v", "F"}).Draw(t, "prefix") + text + rapid.SampledFrom([]string{"-", ""}).Draw(t, "separator") + fmt.Sprintf("%04d", rapid.IntRange(0, 9999).Draw(t, "number"))
	})
	id := rapid.OneOf(hexadecimal(12), hexadecimal(16), hexadecimal(32), stamp, rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{26}`),
		rapid.Custom(func(t *rapid.T) string {
			return "v" + uuid.Must(uuid.FromBytes(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))).String()
		}))
	rapid.Check(t, func(t *rapid.T) { require.Empty(t, refusedFor(withText(id.Draw(t, "id")))) })
}

func TestADateThatIsNoneIsNoPersonalIdentityNumber(t *testing.T) {
	for _, text := range []string{
		"121312-1211", "120012-1216", "121232-1218", "121200-1216", "121260-1213", "121292-1215",
		"120431-1219", "120491-1216", "970229-1213", "970289-1210", "19000229-0005",
	} {
		require.True(t, domain.Luhn(text[len(text)-11:]), "%s is to fail for its date alone", text)
		assert.Empty(t, refusedFor(withText(text)), "%q", text)
	}
}

func TestAPersonalIdentityNumberIsRefusedWithTheNameOfItsField(t *testing.T) {
	const number = "19121212-1212"
	service := func(name string) string {
		return strings.Replace(decision("d2", "p", "u", "2020-02-01", ""), `"service":"s"`, `"service":"`+name+`"`, 1)
	}
	for name, c := range map[string]struct {
		line   string
		fields []string
	}{
		"id":            {rec("goal-set", "case/k", "2020-02-01", goalSet("g1", "d1"), "id="+number), []string{"id"}},
		"actor":         {rec("goal-set", "case/k", "2020-02-01", goalSet("g1", "d1"), "actor=officer/"+number), []string{"actor"}},
		"entity":        {rec("goal-set", "case/"+number, "2020-02-01", goalSet("g1", "d1")), []string{"entity"}},
		"authority":     {rec("goal-set", "case/k", "2020-02-01", goalSet("g1", "d1"), "authority="+number), []string{"authority"}},
		"a patient":     {rec("care-plan-agreed", "patient/"+number, "2020-02-01", `{"plan":"x"}`), []string{"entity"}},
		"an id":         {rec("goal-set", "case/k", "2020-02-01", goalSet("g-121212-1212", "d1")), []string{"data.goal"}},
		"deep down":     {rec("decision-made", "case/k", "2020-02-01", service("dusch "+number)), []string{"data.services[0].service"}},
		"a list":        {rec("coordinated-plan-held", "patient/k", "2020-02-01", `{"parties":["region","121212-1212"]}`), []string{"data.parties[1]"}},
		"a correction":  {rec("event-corrected", "case/k", "2020-02-01", `{"event":"e","reason":"fel","data":{"person":"`+number+`"}}`), []string{"data.data.person"}},
		"a number":      {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":1212121212}`), []string{"data.subgoal"}},
		"an unknown":    {rec("subgoal-set", "case/k", "2020-02-01", `{"personnummer":"`+number+`"}`), []string{"data.personnummer"}},
		"a name":        {rec("subgoal-set", "case/k", "2020-02-01", `{"`+number+`":"x"}`), []string{"data.(personal identity number)"}},
		"several":       {rec("event-annulled", "case/k", "2020-02-01", `{"event":"`+number+`","reason":"`+number+`"}`, "id="+number), []string{"data.event", "data.reason", "id"}},
		"escaped digit": {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"\u00319121212-1212"}`), []string{"data.subgoal"}},
		"escaped sign":  {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"121212\u002D1212"}`), []string{"data.subgoal"}},
		"every digit escaped": {rec("subgoal-set", "case/k", "2020-02-01",
			`{"goal":"g1","subgoal":"\u0031\u0032\u0031\u0032\u0031\u0032\u0031\u0032\u0031\u0032"}`), []string{"data.subgoal"}},
		"after an escape":     {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"\u00a0121212-1212"}`), []string{"data.subgoal"}},
		"after a line feed":   {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"\n121212-1212\\"}`), []string{"data.subgoal"}},
		"cut off":             {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"121212-1212","subgoal":"x"}`)[:90], []string{"data.goal"}},
		"a letter as escape":  {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"\u00e5121212-1212"}`), nil},
		"a member twice":      {`{"id":"a","id":"` + number + `"}`, []string{"id"}},
		"no object":           {`"` + number + `"`, []string{"record"}},
		"an organisation":     {rec("provider-registered", "provider/p", "2020-02-01", `{"name":"P","regime":"external","organisation_number":"556016-0680"}`), nil},
		"as organisation":     {rec("provider-registered", "provider/p", "2020-02-01", `{"name":"P","regime":"external","organisation_number":"121212-1212"}`), []string{"data.organisation_number"}},
		"a derived record id": {rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"x"}`, "id="+uuid.NewString()), nil},
	} {
		assert.Equal(t, c.fields, refusedFor([]byte(c.line)), name)
	}
}

// The other problems of the record are listed too, and none repeats the number.
func TestARefusalDoesNotRepeatThePersonalIdentityNumber(t *testing.T) {
	line := rec("goal-set", "case/k", "2020-02-01", `{"goal":"Eva 19121212-1212","decision":"d1","life_area":"121212-1212","assessed":3}`)
	_, problems := domain.ParseRecord([]byte(line), historytest.Now)
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	require.Equal(t, []string{
		"data.goal: " + holdsPersonal,
		"data.life_area: " + holdsPersonal,
		`data.goal: "Eva (personal identity number)" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
		`data.life_area: "(personal identity number)" is not one of ` + domain.LifeAreas.String(),
		"data.intended: is required",
	}, all)
}

// A command of the ledger's own has no record; what a person writes into it is held to the same.
func TestAPersonalIdentityNumberIsRefusedInTheTextsOfCommands(t *testing.T) {
	require.NoError(t, domain.CheckText("räknat två gånger 2016-03"))
	require.EqualError(t, domain.CheckText("fel person, 19121212-1212"), holdsPersonal)
	require.EqualError(t, domain.CheckActor("19121212-1212"), holdsPersonal)
	require.NoError(t, domain.CheckActor("controller-1"))
	err := domain.CheckActor("Eva 19121212-1212")
	require.ErrorContains(t, err, "is not an actor id")
	require.NotContains(t, err.Error(), "1212-1212")
}

// Whatever stands around it that is no letter or digit, a number is found in any of its forms; with another check digit it is not.
func TestAnyPersonalIdentityNumberIsFoundInAnyText(t *testing.T) {
	around := rapid.StringOfN(rapid.SampledFrom([]rune("ab1 290-+.,åÖ\"\\\n\t/(\u00a0😀")), 0, 12, -1).Filter(func(s string) bool {
		return len(refusedFor(withText(s))) == 0
	})
	rapid.Check(t, func(t *rapid.T) {
		century := rapid.IntRange(18, 20).Draw(t, "century")
		day := domain.NewDate(century*100, 1, 1) + domain.Date(rapid.IntRange(0, 36523).Draw(t, "day"))
		date := strings.ReplaceAll(day.String(), "-", "")
		if rapid.Bool().Draw(t, "co-ordination") {
			date = date[:6] + fmt.Sprint(int(date[6]-'0')+6) + date[7:]
		}
		body := fmt.Sprintf("%s%03d", date[2:], rapid.IntRange(0, 999).Draw(t, "serial"))
		check := 0
		for !domain.Luhn(fmt.Sprint(body, check)) {
			check++
		}
		wrong := (check + rapid.IntRange(1, 9).Draw(t, "wrong")) % 10
		if rapid.Bool().Draw(t, "short") {
			date = date[2:]
		}
		separator := rapid.SampledFrom([]string{"-", "+", " ", ""}).Draw(t, "separator")
		number := date + separator + body[6:]
		before, after := around.Draw(t, "before"), around.Draw(t, "after")
		// What stands next to it touches nothing, and begins no other form with it.
		text := func(check int) string { return before + ":" + number + fmt.Sprint(check) + ":" + after }
		require.Equal(t, []string{"data.subgoal"}, refusedFor(withText(text(check))), text(check))
		require.Empty(t, refusedFor(withText(text(wrong))), text(wrong))

		escaped := []byte(rec("subgoal-set", "case/k", "2020-02-01", `{"goal":"g1","subgoal":"`+escapedDigits(t, text(check))+`"}`))
		require.Equal(t, []string{"data.subgoal"}, refusedFor(escaped), "%s", escaped)
	})
}

// escapedDigits writes a text as JSON does, with some of its characters as \u escapes.
func escapedDigits(t *rapid.T, text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x10000 && (strings.ContainsRune("\"\\\n\t", r) || rapid.IntRange(0, 3).Draw(t, "escape") == 0) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
