package web

import (
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain/compensation"
)

func TestThePoliciesAreThoseThatTheLedgerAnswers(t *testing.T) {
	l := twoAuthorities(t)
	r := programAt(t, l)
	answer, err := l.Read(t.Context(), ledger.Request{Question: ledger.QuestionPolicies, Authority: "1281"})
	require.NoError(t, err)
	list := answer.(*report.PolicyList).Policies
	rows := r.records("/policies.csv?authority=1281")
	require.Len(t, rows, len(list))
	for i, p := range list {
		require.Equal(t, []string{p.Policy, p.Title, p.From}, rows[i][:3])
		require.Equal(t, []string{p.DecidedBy, p.DecidedOn, p.Reference, p.SHA256}, rows[i][4:])
	}

	// A period leaves what is in force on some day of it: of the yearly model, the document of that year.
	for time, want := range map[string][]string{"2015": {"2015-01-01"}, "2016": {"2016-01-01"}, "2015..2016": {"2015-01-01", "2016-01-01"}, "2014": nil} {
		var from []string
		for _, row := range r.records("/policies.csv?authority=1281&time=" + time) {
			if row[0] == "hourly-model" {
				from = append(from, row[2])
			}
		}
		require.Equal(t, want, from, time)
	}
	for _, row := range r.records("/policies/values.csv?authority=1281&time=2016") {
		if row[0] == "hourly-model" {
			require.Equal(t, "2016-01-01", row[5], "a value stands with the days on which its document is in force")
		}
	}
}

func TestADocumentIsDownloadedAsWhatWasAdopted(t *testing.T) {
	l := twoAuthorities(t)
	r := programAt(t, l)
	for _, row := range r.records("/policies.csv?authority=1281") {
		doc := r.page("/policies/document/" + row[0] + "/model.yaml?authority=1281&document=" + row[2])
		m, _, err := compensation.ParseModel("", []byte(doc))
		require.NoError(t, err)
		require.Equal(t, row[7], m.SHA256())
		require.Contains(t, doc, row[7])
	}
}

func TestAPageOfADocumentHasAllThatItSays(t *testing.T) {
	r := signedIn(t)
	page := r.page("/policies/document/lund-2015-pilot?lang=en")
	for _, says := range []string{"Goal premium on top of need hours, pilot area", "project steering group (reconstructed), 2014-12-10", "from 2015-01-01 to 2016-12-31",
		"0c66c2b9ebef62ef115d1167ae12a6ad99f864786e913c7d3f88d93329e889a8", "Preliminary values: 4 of 5.", "unit == &#34;ostra-torn-linero&#34;", "SEK per goal", "297", "weight of the outcome fulfilled", "premium per goal"} {
		require.Contains(t, page, says)
	}
	require.Equal(t, []string{"goal_premium", "", "297", "SEK/goal", "2015-01-01", "", "", "Lund, Framtidens ersättningsystem för hemtjänst 2014-2016"},
		program(t).records("/policies/document/lund-2015-pilot.csv")[0])
	require.Contains(t, r.page("/policies/document/lund-2015-pilot?as-of=2015-12-31&lang=en"), "from 2015-01-01 until further notice", "as was known then")
}

func TestTheDifferencesOfTwoDocumentsAreWhatTheyStateOtherwise(t *testing.T) {
	l := twoAuthorities(t)
	r := programAt(t, l)
	const path = "/policies/document/hourly-model"
	value := func(document, parameter, key, day string) string {
		found := ""
		for _, row := range r.records(path + ".csv?authority=1281&document=" + document) {
			if row[0] == parameter && row[1] == key && row[4] <= day {
				found = row[2]
			}
		}
		return found
	}
	rows := r.records(path + "/differences.csv?authority=1281")
	require.NotEmpty(t, rows)
	for _, row := range rows {
		require.Equal(t, "2016-01-01", row[2])
		require.Equal(t, value("2015-01-01", row[0], row[1], row[2]), row[3])
		require.Equal(t, value("2016-01-01", row[0], row[1], row[2]), row[4])
		require.NotEqual(t, row[3], row[4])
	}
	rules := r.records(path + "/differences/rules.csv?authority=1281")
	require.Contains(t, rules, []string{"components[variable].absence[0].reason", "", "hospital"}, "absence counts from the second year on")
	for _, row := range rules {
		require.Contains(t, row[0], "absence")
	}
	require.Empty(t, r.records(path+"/differences/rules.csv?authority=1281&before=2016-01-01&after=2016-01-01"))
	require.Equal(t, rows, r.records(path+"/differences.csv?authority=1281&before=2015-01-01&after=2016-01-01"))
	require.Empty(t, r.records(path+"/differences.csv?authority=1281&before=2016-01-01&after=2016-01-01"))

	// Another document is adopted under the same id, with a component less and a rate by another unit.
	_, _, err := l.Record(t.Context(), []byte(`{"type":"policy-adopted","authority":"1281","entity":"policy/hourly-model","effective":"2017-01-01","actor":"a-1","data":{"from":"2017-01-01","decided_by":"the board","decided_on":"2016-12-01",
		"model":{"id":"hourly-model","title":"Granted hours","currency":"SEK","parameters":{"hourly_rate":{"unit":"SEK/hour","values":{"2017-01-01":"400"}}},"components":[{"id":"variable","kind":"time","basis":"granted","rate":"hourly_rate","account":"5011"}]}}}`))
	require.NoError(t, err)
	said := map[string][]string{}
	for _, row := range r.records(path + "/differences/rules.csv?authority=1281") {
		said[row[0]] = row[1:]
	}
	require.Equal(t, []string{"fixed", ""}, said["components[base].kind"])
	require.Equal(t, []string{"category", ""}, said["parameters.hourly_rate.by[0]"])
	require.Equal(t, "Granted hours", said["title"][1])
	values := map[string][]string{}
	for _, row := range r.records(path + "/differences.csv?authority=1281") {
		values[row[0]+" "+row[1]] = row[3:6]
	}
	require.Equal(t, []string{"", "400", ""}, values["hourly_rate "])
	require.Equal(t, "", values["hourly_rate care/in-house"][1])
}
