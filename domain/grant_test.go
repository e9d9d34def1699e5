package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func TestAGrantsRequiredNumbersAreNotZeroWhereTheyAreMissing(t *testing.T) {
	parse := func(typ, data string) domain.Problems {
		_, ps := domain.ParseRecord([]byte(`{"type":"`+typ+`","authority":"00","entity":"grant/g","effective":"2010-03-25","actor":"a","data":`+data+`}`), time.Now())
		return ps
	}
	for data, typ := range map[string]string{
		`{"title":"G","pot":"100","performance_pot":"40"}`:                        "grant-agreed",
		`{"title":"G","pot":"100","development_pot":null,"performance_pot":"40"}`: "grant-agreed",
		`{"title":"G","development_pot":"0","performance_pot":"0"}`:               "grant-agreed",
		`{"recipient":"01"}`:                      "grant-allocated",
		`{"recipient":"01","amount":null}`:        "grant-allocated",
		`{"recipient":"01","indicator":"i"}`:      "grant-result-reported",
		`{"recipient":"01","part":"development"}`: "grant-paid",
	} {
		ps := parse(typ, data)
		require.Len(t, ps, 1, "%s %s", typ, data)
		assert.Equal(t, "is required", ps[0].Reason)
	}
	assert.Empty(t, parse("grant-result-reported", `{"recipient":"01","indicator":"i","result":"0"}`), "a result of 0 is a result")
	assert.Empty(t, parse("grant-allocated", `{"recipient":"01","amount":"0"}`))
}
