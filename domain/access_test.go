package domain

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAPurposeSaysSomethingOnOneLine(t *testing.T) {
	for _, purpose := range []string{"complaint 2026-114", "granskning av ärende", strings.Repeat("å", 200), "invoice of 2019-03"} {
		require.NoError(t, CheckPurpose(purpose), purpose)
	}
	for purpose, why := range map[string]string{
		"":                               "say in words",
		"  2026 ":                        "say in words",
		strings.Repeat("å", 201):         "201 characters long; at most 200",
		"two\nlines":                     "on one line",
		"broken \xff":                    "on one line",
		"about 19121212-1212's decision": "holds a personal identity number",
	} {
		err := CheckPurpose(purpose)
		require.ErrorContains(t, err, why, purpose)
		require.NotContains(t, err.Error(), "1212")
	}
}

func access(entities ...Entity) Access {
	return Access{Authority: "1281", Question: "trail", Recorded: time.Date(2026, 11, 1, 23, 30, 0, 5, time.UTC), Actor: "auditor-1",
		CasesRead: CasesRead{Purpose: "complaint", Arguments: jsontext.Value(`{"entity":"case/k"}`), AsOf: &ReadMoment{7, "2026-11-01T10:00:00Z"},
			Log: ReadLog{"careledger/1281", 9, "ab"}, Entities: entities}}
}

// numbered gives ids 1, 2, 3, …
func numbered() func() string {
	n := 0
	return func() string { n++; return strconv.Itoa(n) }
}

func TestAnAccessIsACloudEventOfItsOwnType(t *testing.T) {
	a := access("case/k")
	parts := a.InParts(numbered())
	require.Len(t, parts, 1)
	raw, err := parts[0].Encode()
	require.NoError(t, err)
	require.Equal(t, `{"specversion":"1.0","id":"1","source":"/careledger/1281","type":"cases-read","subject":"question/trail","time":"2026-11-01T23:30:00.000000005Z",`+
		`"datacontenttype":"application/json","authority":"1281","effective":"2026-11-02","actor":"auditor-1","causationid":"1","correlationid":"1","schemaversion":1,`+
		`"data":{"purpose":"complaint","arguments":{"entity":"case/k"},"as_of":{"sequence":7,"recorded":"2026-11-01T10:00:00Z"},`+
		`"log":{"origin":"careledger/1281","sequence":9,"root":"ab"},"entities":["case/k"],"part":1,"parts":1}}`, string(raw))
	got, err := DecodeAccess(3, TypeCasesRead, raw)
	require.NoError(t, err)
	parts[0].Sequence = 3
	require.Equal(t, parts[0], got)
	require.Empty(t, got.CheckStored("1281"))

	require.False(t, Types().Has(string(TypeCasesRead)), "it is no event of the ledger")
	_, ps := ParseRecord([]byte(`{"type":"cases-read","authority":"1281","entity":"question/trail","effective":"2020-01-01","actor":"a","data":{}}`), time.Now())
	require.NotEmpty(t, ps, "and comes in as no record")
}

func TestWhatIsNoAccessIsNotReadAsOne(t *testing.T) {
	a := access("case/k")
	a = a.InParts(numbered())[0]
	raw, err := a.Encode()
	require.NoError(t, err)
	for _, bad := range []struct{ from, to string }{{`"schemaversion":1`, `"schemaversion":2`}, {`"cases-read"`, `"case-opened"`}, {`question/trail`, `case/trail`}, {`"purpose"`, `"porpoise"`}, {`{"specversion`, `[{"specversion`}} {
		_, err := DecodeAccess(1, TypeCasesRead, []byte(strings.Replace(string(raw), bad.from, bad.to, 1)))
		require.ErrorAs(t, err, new(*UnknownEventError), bad.to)
	}
	_, err = DecodeAccess(1, TypeCaseOpened, raw)
	require.ErrorAs(t, err, new(*UnknownEventError))
}

func TestAPersonalIdentityNumberIsOnNoAccessLog(t *testing.T) {
	for what, change := range map[string]func(*Access){
		"actor":            func(a *Access) { a.Actor = "19121212-1212" },
		"data.purpose":     func(a *Access) { a.Purpose = "of 121212-1212" },
		"data.arguments.x": func(a *Access) { a.Arguments = jsontext.Value(`{"x":"191212121212"}`) },
		"data.entities[0]": func(a *Access) { a.Entities = []Entity{"case/19121212-1212"} },
	} {
		a := access("case/k")
		change(&a)
		_, err := a.Encode()
		require.ErrorContains(t, err, what+": holds a personal identity number")
		require.NotContains(t, err.Error(), "1212")
	}
}

func TestAnAccessThatStandsOnALogIsJudgedByItself(t *testing.T) {
	for field, change := range map[string]func(*Access){
		"authority": func(a *Access) { a.Authority = "1880" },
		"actor":     func(a *Access) { a.Actor = "no actor" },
		"purpose":   func(a *Access) { a.Purpose = "" },
		"entities":  func(a *Access) { a.Entities = []Entity{"payout/2016-01-p"} },
		"part":      func(a *Access) { a.Part = 2 },
	} {
		a := access("case/k", "payout/2016-01-p")
		a = a.InParts(numbered())[0]
		change(&a)
		ps := a.CheckStored("1281")
		require.Len(t, ps, 1, field)
		require.Equal(t, field, ps[0].Field)
	}
}

// An answer about very many is several events, which together name each entity once, in order.
func TestTheLargestAnswersAreSeveralEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3*accessEntities).Draw(t, "entities")
		all := make([]Entity, 0, n+1)
		for i := range n {
			all = append(all, NewEntity(KindCase, fmt.Sprintf("k%06d", n-i)))
		}
		a := access(append(all, all[0])...)
		var named []Entity
		parts := a.InParts(numbered())
		for i, p := range parts {
			require.Equal(t, []int{i + 1, len(parts)}, []int{p.Part, p.Parts})
			require.Equal(t, "1", p.Correlation)
			require.Equal(t, strconv.Itoa(i+1), p.ID)
			require.LessOrEqual(t, len(p.Entities), accessEntities)
			named = append(named, p.Entities...)
		}
		require.Len(t, named, n)
		require.IsIncreasing(t, entitiesText(named))
		require.Len(t, parts, (n+accessEntities-1)/accessEntities)
	})
}

func entitiesText(all []Entity) (texts []string) {
	for _, e := range all {
		texts = append(texts, string(e))
	}
	return texts
}
