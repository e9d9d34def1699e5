package compensation

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// What nobody has published must not look as if somebody had.
func TestEveryAmountOfABuiltInModelHasASourceAndAnAssumedOneIsPreliminary(t *testing.T) {
	published := map[string][]string{}
	for _, id := range Library() {
		doc, _ := LibraryModel(id)
		m := mustParse(t, string(doc))
		for _, p := range m.Parameters {
			for _, dated := range p.Values {
				values := dated.Table
				if values == nil {
					values = map[string]Value{"": dated.Scalar}
				}
				for key, v := range values {
					require.NotEmpty(t, v.Source, "%s.%s.%s", id, p.Name, key)
					if strings.Contains(v.Source, "assumed") {
						assert.Equal(t, StatusPreliminary, v.Status, "%s.%s.%s", id, p.Name, key)
					}
					if v.Status == "" {
						published[id] = append(published[id], p.Name+" "+v.Value.String())
					}
				}
			}
		}
	}
	for id, want := range map[string][]string{
		"ostersund-2014": {"person_premium 10000"}, "lund-2006": nil, "lund-2015-premium": {"goal_premium 297"}, "lund-2017": nil,
		"performed-time-2022": nil, "granted-time-2022": nil, "orebro-psychiatric": nil, "orebro-somatic": nil,
	} {
		assert.Equal(t, want, published[id], id)
	}
}

func TestASystemCanBeTriedOnAnyHistorySince2000(t *testing.T) {
	since := domain.NewDate(2000, time.January, 1)
	for _, id := range []string{"ostersund-2014", "lund-2006", "lund-2017", "performed-time-2022", "granted-time-2022", "person-premium-10000",
		"orebro-psychiatric", "orebro-somatic", "state-grant-2010", "state-grant-2010-rule", "state-grant-2010-rule-rounded"} {
		doc, _ := LibraryModel(id)
		require.NoError(t, mustParse(t, string(doc)).CheckFrom(since), id)
	}
}

// The page of a system names each of its models, so that whoever reads a figure can find what it rests on.
func TestEveryModelOfASystemHasAPage(t *testing.T) {
	for page, models := range map[string][]string{
		"ostersund": {"ostersund-2014", "person-premium-10000", "person-premium-all-goals"},
		"lund":      {"lund-2006", "lund-2015-premium", "lund-2015-pilot", "lund-2017"}, "granted-time": {"performed-time-2022", "granted-time-2022"},
		"orebro-county":    {"orebro-psychiatric", "orebro-somatic"},
		"state-grant-2010": {"state-grant-2010", "state-grant-2010-rule", "state-grant-2010-rule-rounded"},
	} {
		text, err := os.ReadFile("library/" + page + ".md")
		require.NoError(t, err)
		for _, id := range models {
			assert.Contains(t, string(text), "| `"+id+"` |", page)
		}
	}
}
