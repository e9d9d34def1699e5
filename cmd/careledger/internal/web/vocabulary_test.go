package web

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/words"
)

// otherKinds are what a generated municipality has none of: a patient, an agreement and a grant, and an event of each type of theirs.
const otherKinds = `{"type":"care-requested","authority":"1281","entity":"patient/p-1","effective":"2020-01-02","recorded":"2020-01-02T08:00:00Z","actor":"a","data":{"person":"x-1","requested_by":"vårdcentralen","age_group":"65-79","sex":"woman"}}
{"type":"enrolment-assessed","authority":"1281","entity":"patient/p-1","effective":"2020-01-03","recorded":"2020-01-03T08:00:00Z","actor":"a","data":{"outcome":"enrol","level":"2"}}
{"type":"coordinated-plan-held","authority":"1281","entity":"patient/p-1","effective":"2020-01-03","recorded":"2020-01-03T09:00:00Z","actor":"a","data":{"parties":["region","kommun"]}}
{"type":"care-plan-agreed","authority":"1281","entity":"patient/p-1","effective":"2020-01-04","recorded":"2020-01-04T08:00:00Z","actor":"a","data":{"plan":"vp-1"}}
{"type":"patient-enrolled","authority":"1281","entity":"patient/p-1","effective":"2020-01-05","recorded":"2020-01-05T08:00:00Z","actor":"a","data":{"provider":"%[1]s","unit":"%[2]s","from":"2020-01-05","kind":"somatic"}}
{"type":"health-time-reported","authority":"1281","entity":"patient/p-1","effective":"2020-02-01","recorded":"2020-02-01T08:00:00Z","actor":"a","data":{"unit":"%[2]s","month":"2020-01","kind":"somatic","profession":"sjuksköterska","minutes":90,"delegated":false}}
{"type":"dispute-raised","authority":"1281","entity":"patient/p-1","effective":"2020-02-02","recorded":"2020-02-02T08:00:00Z","actor":"a","data":{"about":"discharge","by":"regionen"}}
{"type":"dispute-resolved","authority":"1281","entity":"patient/p-1","effective":"2020-02-03","recorded":"2020-02-03T08:00:00Z","actor":"a","data":{"outcome":"kvar"}}
{"type":"patient-discharged","authority":"1281","entity":"patient/p-1","effective":"2020-02-28","recorded":"2020-02-28T08:00:00Z","actor":"a","data":{"last_day":"2020-02-28","reason":"utskriven"}}
{"type":"agreement-proposed","authority":"1281","entity":"agreement/a-1","effective":"2020-03-01","recorded":"2020-01-02T08:00:00Z","actor":"a","data":{"title":"Samverkan","parties":["1281","12"],"from":"2020-03-01"}}
{"type":"agreement-party-decided","authority":"1281","entity":"agreement/a-1","effective":"2020-02-01","recorded":"2020-02-01T08:00:00Z","actor":"a","data":{"party":"12","decision":"accepted-with-reservation"}}
{"type":"agreement-followed-up","authority":"1281","entity":"agreement/a-1","effective":"2020-06-01","recorded":"2020-06-01T08:00:00Z","actor":"a","data":{"held_on":"2020-06-01","findings":3}}
{"type":"grant-agreed","authority":"1281","entity":"grant/g-1","effective":"2020-01-02","recorded":"2020-01-02T08:00:00Z","actor":"a","data":{"title":"Bidrag","pot":"100","development_pot":"40","performance_pot":"60"}}
{"type":"grant-target-set","authority":"1281","entity":"grant/g-1","effective":"2020-01-03","recorded":"2020-01-03T08:00:00Z","actor":"a","data":{"recipient":"1281","indicator":"fall","target":"0.8"}}
{"type":"grant-allocated","authority":"1281","entity":"grant/g-1","effective":"2020-01-03","recorded":"2020-01-03T09:00:00Z","actor":"a","data":{"recipient":"1281","amount":"40","basis":"folkmängd"}}
{"type":"grant-result-reported","authority":"1281","entity":"grant/g-1","effective":"2020-12-03","recorded":"2020-12-03T08:00:00Z","actor":"a","data":{"recipient":"1281","indicator":"fall","result":"0.9"}}
{"type":"grant-paid","authority":"1281","entity":"grant/g-1","effective":"2020-12-04","recorded":"2020-12-04T08:00:00Z","actor":"a","data":{"recipient":"1281","amount":"40","part":"development"}}
`

// A page shows no word of another language than its own: no code of the record, and nothing that the catalogue says otherwise in that language. What people
// have written (names, titles, sources) is in the words that they wrote it in.
func TestAPageHasNoWordOfAnotherLanguage(t *testing.T) {
	invented := openedLedger(t)
	var b bytes.Buffer
	require.NoError(t, generate.Municipality(&b, generate.Size{Authority: "1281", Persons: 12, Years: 2}))
	unit := regexp.MustCompile(`"entity":"provider/([^"]+)"[^\n]*"unit":"([^"]+)"`).FindStringSubmatch(b.String())
	require.NotNil(t, unit)
	fmt.Fprintf(&b, otherKinds, unit[1], unit[2])
	path := filepath.Join(t.TempDir(), "records.ndjson")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	_, err := invented.Import(t.Context(), ledger.ImportRequest{Path: path})
	require.NoError(t, err)
	for _, month := range []string{"2020-01", "2020-02"} {
		require.NoError(t, invented.Payout(t.Context(), ledger.PayoutRequest{Action: "calculate", Actor: "economist-1", Month: month}, io.Discard))
	}
	for _, language := range words.Languages {
		for name, l := range map[string]*ledger.Local{"pilot": payer(t), "invented": invented} {
			pages, texts := crawl(pagesOf(t, l, "auditor-1"), words.Language(language))
			assert.Greater(t, pages, 25)
			foreign := foreignTo(t, words.Language(language))
			for text, address := range texts {
				assert.NotContains(t, foreign, text, "%s, in %s: %s", name, language, address)
			}
		}
	}
}

// crawl follows the links of the pages, a few of each shape, and returns how many it read and each text that is seen on them, with where.
func crawl(r *reader, language words.Language) (pages int, texts map[string]string) {
	todo := []string{"/overview", "/payouts", "/what-if", "/fulfilment?by=life_area", "/fulfilment?by=occasion,unit", "/policies", "/access", "/payouts/2016-01-lund-hemvard/why/1?unfold=all", "/trail?kind=patient&id=p-1", "/trail?kind=agreement&id=a-1", "/trail?kind=grant&id=g-1",
		"/trail?kind=case&id=l003", "/no-such-page", "/payouts?time=2016-13"}
	texts = map[string]string{}
	shapes, seen := map[string]int{}, map[string]bool{}
	digits := regexp.MustCompile(`[0-9]+`)
	for len(todo) > 0 {
		address, _, _ := strings.Cut(todo[0], "#")
		todo = todo[1:]
		u, err := url.Parse(address)
		require.NoError(r.t, err)
		if filepath.Ext(u.Path) != "" || strings.HasPrefix(u.Path, "/api") || strings.HasSuffix(u.Path, "/bundle") {
			continue
		}
		query := u.Query()
		query.Del("lang")
		if language == words.English {
			query.Set("lang", "en")
		}
		shape := regexp.MustCompile(`^(/payouts|/policies/document)/[^/]+`).ReplaceAllString(u.Path, "$1/one") + query.Get("kind")
		shape = digits.ReplaceAllString(shape, "0")
		if u.RawQuery = query.Encode(); seen[u.String()] || shapes[shape] == 4 {
			continue
		}
		seen[u.String()] = true
		shapes[shape]++
		pages++
		page := r.get(u.String()).Body.String()
		for _, found := range regexp.MustCompile(`>([^<>]+)<|(?:aria-label|title|placeholder)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			text := strings.Join(strings.Fields(html.UnescapeString(found[1]+found[2])), " ")
			texts[text] = u.String()
		}
		for _, found := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(page, -1) {
			todo = append(todo, html.UnescapeString(found[1]))
		}
	}
	return pages, texts
}

// notOurs are texts of the generated histories that happen to be words of the catalogue: why a goal was withdrawn, the id of a policy, and a currency.
var notOurs = []string{"fulfilled", "goal-premium", "SEK"}

// foreignTo returns the texts that the catalogue has in the other language, and the codes of its sections, without what it says in this one too.
func foreignTo(t *testing.T, language words.Language) (all []string) {
	raw, err := os.ReadFile(filepath.Join("..", "words", "catalogue.yaml"))
	require.NoError(t, err)
	var sections map[string]map[string]map[words.Language]string
	require.NoError(t, yaml.Unmarshal(raw, &sections))
	own := map[string]bool{words.Swedish.Word("web", "this_language"): true, words.English.Word("web", "this_language"): true} // the link to the other one
	for _, text := range notOurs {
		own[text] = true
	}
	for section, codes := range sections {
		for code, in := range codes {
			own[in[language]] = true
			if language == words.English && section == "phrase" { // whose English is the record's own
				own[code] = true
			}
		}
	}
	for _, codes := range sections {
		for code, in := range codes {
			delete(in, language)
			for _, text := range append(slices.Collect(maps.Values(in)), code) {
				if !own[text] && regexp.MustCompile(`\p{L}`).MatchString(text) {
					all = append(all, text)
				}
			}
		}
	}
	return all
}
