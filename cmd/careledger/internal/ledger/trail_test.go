package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The trail of each kind of entity, as a person reads it. Cases, providers and policies are told line by line in package projections, agreements
// and grants in the scripts of their histories.
func TestTrailsOfPayoutsAndPatients(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	pilotWithAdjustment(t, l)
	imported(t, l, twoMunicipalities(t))
	for _, of := range []struct {
		authority, entity string
		says              []string
	}{
		{"1281", "payout/2016-04-lund-hemvard", []string{
			`payout-calculated\n    holds from .* by economist-1, id `, `version 1 as known at +event 2\d{3}, recorded `,
			`version 1 model lund-2015-pilot from 2015-01-01 sha256 0c66c2b9`,
			`version 1 line 4 2016-03 ostra-torn-linero lund-2015-pilot/premium -297.00 kr, 9207.00 known less 9504.00 settled\n`,
			`version 1 line 4 because of +event 2\d{3} event-corrected case/l001 \(l001.19\)\n`,
			`payout-approved\n    holds from .* by controller-1, id `, `version 1 approved by +controller-1 on `, `version 1 status +calculated → approved\n`, `version 1 voucher +20\d\d-\d\n`,
			`payout-paid\n`, `version 1 status +approved → paid\n`}},
		{"1884", "patient/p", []string{`care-requested\n`, `patient-enrolled\n`, `health-time-reported\n`, `performed u psychiatric health 2019-03 +60 minutes\n`}},
	} {
		told := answerTo(t, l, Request{Question: QuestionTrail, Authority: of.authority, Entity: of.entity, Reader: auditor})
		for _, s := range of.says {
			require.Regexp(t, s, told)
		}
	}
}
