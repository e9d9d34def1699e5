package domain

import (
	"slices"
	"strings"
)

// Codes is a closed list of words that a field may hold. Its order is the order of the contract; the position of a word is
// its small integer code in fact columns.
type Codes []string

// The code lists of the contract, section 1, 3 and 5. They must not be changed.
var (
	Regimes       = Codes{"in-house", "external"}
	Areas         = Codes{"urban", "rural"}
	Methods       = Codes{"standard-time", "frame-time"}
	ServiceKinds  = Codes{"care", "service"}                                       // category of a granted or performed service
	Categories    = Codes{"care", "service", "frame", "somatic", "psychiatric"}    // category of minutes
	ServiceBands  = Codes{"day", "evening", "night", "weekend"}                    // band of a service
	Bands         = Codes{"day", "evening", "night", "weekend", "frame", "health"} // band of minutes
	PatientKinds  = Codes{"somatic", "psychiatric"}
	AgeGroups     = Codes{"0-64", "65-79", "80+"} // statistics of home health care
	Sexes         = Codes{"woman", "man"}
	EndReasons    = Codes{"needs-ceased", "moved", "deceased", "declined", "other"}
	Occasions     = Codes{"annual", "after-hospital", "after-short-term-stay", "closure", "need-change"}
	Participants  = Codes{"care-manager", "contact-worker", "person", "relative", "nurse"}
	Outcomes      = Codes{"fulfilled", "partly", "not-fulfilled", "not-assessed"}
	AbsenceReason = Codes{"hospital", "short-term-stay", "other"}
	LifeAreas     = Codes{"learning", "general-tasks", "communication", "mobility", "self-care", "domestic-life",
		"relationships", "work-and-economy", "community", "sense-of-safety", "support-from-relatives"}
)

// The code lists of home health care, agreements and grants. They must not be changed.
var (
	EnrolmentOutcomes = Codes{"enrol", "decline", "refer-to-region"}
	DisputeSubjects   = Codes{"enrolment", "discharge"}
	PartyDecisions    = Codes{"accepted", "rejected", "accepted-with-reservation"}
	GrantParts        = Codes{"development", "performance"}
)

// Words that the code itself has to name.
const (
	RegimeInHouse = "in-house"

	MethodStandardTime = "standard-time"
	MethodFrameTime    = "frame-time"

	CategoryFrame = "frame"
	BandFrame     = "frame"
	BandHealth    = "health"

	PatientPsychiatric = "psychiatric"

	OutcomeFulfilled    = "fulfilled"
	OutcomePartly       = "partly"
	OutcomeNotFulfilled = "not-fulfilled"
	OutcomeNotAssessed  = "not-assessed"
)

// Has says whether s is a word of the list.
func (c Codes) Has(s string) bool { return slices.Contains(c, s) }

// Index returns the position of s in the list, -1 if it is not one of its words.
func (c Codes) Index(s string) int { return slices.Index(c, s) }

// String lists the words for a message.
func (c Codes) String() string { return strings.Join(c, ", ") }

// Closest returns the word of the list that s was most likely meant to be, or "" when none is near.
func (c Codes) Closest(s string) string {
	best, distance := "", max(2, len(s)/3)+1
	for _, w := range c {
		if d := editDistance(s, w); d < distance {
			best, distance = w, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance of two short words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
