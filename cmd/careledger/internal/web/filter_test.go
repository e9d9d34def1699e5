package web

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
)

func TestAPeriodIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]string{
		"2016": "2016-01 2016-12", "2016-Q2": "2016-04 2016-06", "2016-03": "2016-03 2016-03", "2015..2016": "2015-01 2016-12",
		"2015-03..2016-Q2": "2015-03 2016-06", "2015-Q4..2016": "2015-10 2016-12", "2016..2016": "2016-01 2016-12",
	} {
		p, err := parsePeriod(text)
		require.NoError(t, err, text)
		require.Equal(t, want, p.From.String()+" "+p.To.String(), text)
	}
	for _, text := range []string{"16", "2016-", "2016-Q5", "2016-Q0", "2016-13", "2016-3", "2016..", "..2016", "2016...2017", "2016..2015", "2016-Q2-03", "2016-q2", " 2016", "2016-01-01", "99999"} {
		_, err := parsePeriod(text)
		require.Error(t, err, text)
	}
}

func aPeriod(t *rapid.T) compensation.Period {
	from := domain.NewMonth(rapid.IntRange(1900, 2198).Draw(t, "year"), 1) + domain.Month(rapid.IntRange(0, 11).Draw(t, "month"))
	return compensation.Period{From: from, To: from + domain.Month(rapid.SampledFrom([]int{0, 2, 3, 11, 12, 1}).Draw(t, "months"))}
}

func TestAFilterIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`([A-Za-z0-9_-]{1,64})?`)
		f := filter{Provider: id.Draw(t, "provider"), Unit: id.Draw(t, "unit"), AsOf: rapid.SampledFrom([]string{"", "2016-12-31", "2017-01-05T08:00:00+01:00", "0", "1042"}).Draw(t, "as-of"),
			Authority: rapid.SampledFrom([]string{"", "1281", "18", "00"}).Draw(t, "authority"), Language: rapid.SampledFrom([]words.Language{"", words.English}).Draw(t, "lang")}
		if rapid.Bool().Draw(t, "of a time") {
			f.Period = aPeriod(t)
		}
		u, err := url.Parse(address("/fulfilment", f.values()))
		require.NoError(t, err)
		read, err := parseFilter(u.Query())
		require.NoError(t, err)
		require.Equal(t, f, read)
	})
}

// FuzzPeriod: whatever is read as a period is written in one way, and that is read as the same.
func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"2016", "2016-Q2", "2016-03", "2015..2016", "2015-03..2016-Q2", "2199-12", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePeriod(s)
		if err != nil {
			return
		}
		again, err := parsePeriod(printPeriod(p))
		require.NoError(t, err)
		require.Equal(t, p, again)
		require.LessOrEqual(t, p.From, p.To)
	})
}

func TestNumbersAndDatesAreWrittenAsInTheLanguage(t *testing.T) {
	sv, en := voice{words.Swedish}, voice{words.English}
	for _, c := range []struct {
		kind        kind
		plain, s, e string
	}{
		{amount, "1234.50", "1\u00a0234,50\u00a0kr", "1\u00a0234.50\u00a0kr"}, {amount, "-0.05", "\u22120,05\u00a0kr", "\u22120.05\u00a0kr"}, {count, "12345", "12\u00a0345", "12\u00a0345"},
		{rate, "0.7250", "72,50\u00a0%", "72.50%"}, {rate, "0.0049", "0,49\u00a0%", "0.49%"}, {rate, "1.0000", "100,00\u00a0%", "100.00%"}, {rate, "0.0000", "0,00\u00a0%", "0.00%"},
		{date, "2016-03-01", "1 mars 2016", "2016-03-01"}, {month, "2016-03", "mars\u00a02016", "2016-03"}, {text, "a-b", "a-b", "a-b"}, {amount, "", "", ""},
	} {
		require.Equal(t, c.s, sv.shown(c.kind, c.plain))
		require.Equal(t, c.e, en.shown(c.kind, c.plain))
	}
}

// The fields of provider and unit offer what is registered, as known at the page's moment, without a script.
func TestTheFilterOffersTheProvidersAndUnitsThatThereAre(t *testing.T) {
	r := signedIn(t)
	for _, path := range []string{"/overview", "/payouts", "/what-if", "/fulfilment", "/policies"} {
		page := r.page(path)
		require.Contains(t, page, `name="provider" value="" list="l-provider"`, path)
		require.Regexp(t, `<datalist id="l-provider">.*<option value="lund-hemvard">[^<]+</option>`, page, path)
		require.Regexp(t, `<datalist id="l-unit">.*<option value="ostra-torn-linero">[^<]+, [^<]+</option>`, page, path)
	}
	require.NotContains(t, r.page("/payouts?as-of=0"), "<option value=\"lund-hemvard\"", "nobody was registered then")
	require.NotRegexp(t, `<datalist id="l-unit">.*"ostra-torn-linero"`, r.page("/payouts?provider=lov-example"), "another's unit")
}
