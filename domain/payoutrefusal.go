package domain

// Why a step of a payout is refused, in a word each, for a page that says it in the reader's language: Problem.Word.
const (
	PayoutUnknown     = "unknown"      // it has not been calculated
	PayoutVersionPast = "version"      // another version counts than the one that was looked at
	PayoutStatus      = "status"       // it is not in the state that the step takes
	PayoutMoved       = "moved"        // what it rests on has changed since; calculate it again
	PayoutFourEyes    = "four_eyes"    // who calculated it cannot approve it
	PayoutByProvider  = "by_provider"  // somebody of a provider approves or pays
	PayoutBookedEarly = "booked_early" // booked before its month begins
	PayoutPaidEarly   = "paid_early"   // paid before it was booked
	PayoutOvertaken   = "overtaken"    // a payout of another month rests on later knowledge, or was cancelled since; calculate it again
	PayoutAdjusted    = "adjusted"     // a later payout stands on its approval
	PayoutNoProvider  = "no_provider"  // there is no such provider to calculate for
)

// PayoutRefusals are all of them.
var PayoutRefusals = Codes{PayoutUnknown, PayoutVersionPast, PayoutStatus, PayoutMoved, PayoutFourEyes, PayoutByProvider, PayoutBookedEarly, PayoutPaidEarly, PayoutOvertaken, PayoutAdjusted, PayoutNoProvider}
