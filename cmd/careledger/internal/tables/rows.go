package tables

// The rows of the tables. Days are counted from 1970-01-01 (DATE), amounts in öre (DECIMAL(18,2) kronor), quantities in millionths
// (DECIMAL(18,6)). What may be missing is a pointer, nil for null: parquet-go takes an empty string for null only where it points nowhere.

// Posting sums the postings of a group, under the policies adopted as known then.
type Posting struct {
	FirstDay     int32   `parquet:"first_day,date"`
	Provider     *string `parquet:"provider,optional,dict,zstd"`
	Unit         *string `parquet:"unit,optional,dict,zstd"` // null for the recipient of a state grant
	Policy       string  `parquet:"policy,dict,zstd"`
	Component    string  `parquet:"component,dict,zstd"`
	LifeArea     *string `parquet:"life_area,optional,dict,zstd"` // of a goal premium
	Occasion     *string `parquet:"occasion,optional,dict,zstd"`  // of a premium
	Quantity     int64   `parquet:"quantity,decimal(6:18),zstd"`
	QuantityUnit string  `parquet:"unit_of_quantity,dict,zstd"`
	Amount       int64   `parquet:"amount,decimal(2:18),zstd"`
}

// Premium sums the premium postings of a day on which follow-ups were held: the premiums awarded and not reversed.
type Premium struct {
	FirstDay     int32   `parquet:"first_day,date"`
	HeldOn       int32   `parquet:"held_on,date,zstd"`
	Provider     *string `parquet:"provider,optional,dict,zstd"`
	Unit         *string `parquet:"unit,optional,dict,zstd"`
	Policy       string  `parquet:"policy,dict,zstd"`
	Component    string  `parquet:"component,dict,zstd"`
	LifeArea     *string `parquet:"life_area,optional,dict,zstd"` // of a goal premium
	Occasion     string  `parquet:"occasion,dict,zstd"`
	Quantity     int64   `parquet:"quantity,decimal(6:18),zstd"`
	QuantityUnit string  `parquet:"unit_of_quantity,dict,zstd"`
	Amount       int64   `parquet:"amount,decimal(2:18),zstd"`
}

// Payout is the version that counts of one provider's payout for the month.
type Payout struct {
	FirstDay     int32   `parquet:"first_day,date"`
	Payout       string  `parquet:"payout,zstd"` // 2016-03-lund-hemvard
	Provider     string  `parquet:"provider,dict,zstd"`
	Version      int32   `parquet:"version,zstd"`
	Status       string  `parquet:"status,dict,zstd"` // calculated, approved, rejected, paid, cancelled
	Total        int64   `parquet:"total,decimal(2:18),zstd"`
	Adjusted     int64   `parquet:"adjusted,decimal(2:18),zstd"` // of the total, what adjusts earlier months
	Voucher      *string `parquet:"voucher,optional,zstd"`       // 2017-1; null before it is approved
	KnownTo      int64   `parquet:"known_to,zstd"`               // the last event that the version rests on
	CalculatedOn int32   `parquet:"calculated_on,date,zstd"`     //
	ApprovedOn   *int32  `parquet:"approved_on,optional,date"`   // the day it is booked on
	RejectedOn   *int32  `parquet:"rejected_on,optional,date"`   //
	PaidOn       *int32  `parquet:"paid_on,optional,date"`       // the day of payment
	CancelledOn  *int32  `parquet:"cancelled_on,optional,date"`  //
	Settled      int64   `parquet:"settled,decimal(2:18),zstd"`  // the total where it stands approved or paid, else 0.00: what payout list sums
}

// PayoutLine is a line of that version.
type PayoutLine struct {
	FirstDay     int32   `parquet:"first_day,date"`
	Payout       string  `parquet:"payout,dict,zstd"`
	Provider     string  `parquet:"provider,dict,zstd"`
	Line         int32   `parquet:"line,zstd"`
	OfMonth      int32   `parquet:"of_month,date,zstd"` // first day of the month that the line is about; before first_day where it adjusts
	Unit         *string `parquet:"unit,optional,dict,zstd"`
	Policy       string  `parquet:"policy,dict,zstd"`
	Component    string  `parquet:"component,dict,zstd"`
	Account      *string `parquet:"account,optional,dict,zstd"`
	Cases        int32   `parquet:"cases,zstd"` // how many have a posting
	Quantity     int64   `parquet:"quantity,decimal(6:18),zstd"`
	QuantityUnit string  `parquet:"unit_of_quantity,dict,zstd"`
	Known        int64   `parquet:"known,decimal(2:18),zstd"`
	Settled      int64   `parquet:"settled,decimal(2:18),zstd"`
	Amount       int64   `parquet:"amount,decimal(2:18),zstd"` // known less settled
}

// Fulfilment counts the goals assessed at follow-ups that were held in the month. Rates are not stored: fulfilled / assessed, of sums.
type Fulfilment struct {
	FirstDay  int32   `parquet:"first_day,date"`
	Provider  *string `parquet:"provider,optional,dict,zstd"`
	Unit      *string `parquet:"unit,optional,dict,zstd"` // null at a follow-up that assessed no goal
	LifeArea  *string `parquet:"life_area,optional,dict,zstd"`
	Occasion  string  `parquet:"occasion,dict,zstd"`
	FollowUps int64   `parquet:"follow_ups,zstd"` // of the row: one that assessed goals of two life areas stands in both
	Persons   int64   `parquet:"persons,zstd"`    // of the row
	Assessed  int64   `parquet:"assessed,zstd"`   // goals, without those not assessed
	Fulfilled int64   `parquet:"fulfilled,zstd"`
	Partly    int64   `parquet:"partly,zstd"`
}

// FollowUp counts the follow-ups that were held in the month.
type FollowUp struct {
	FirstDay  int32   `parquet:"first_day,date"`
	Provider  *string `parquet:"provider,optional,dict,zstd"`
	Unit      *string `parquet:"unit,optional,dict,zstd"`
	Occasion  string  `parquet:"occasion,dict,zstd"`
	FollowUps int64   `parquet:"follow_ups,zstd"`
	Persons   int64   `parquet:"persons,zstd"` // of the row
}

// Decision counts the decisions of home care that a unit carries out in the month, with what was granted and performed there. Minutes are
// those of the contract, section 4, before any model's absences; time of home health care is left out, as nothing is granted for it.
type Decision struct {
	FirstDay  int32   `parquet:"first_day,date"`
	Provider  *string `parquet:"provider,optional,dict,zstd"`
	Unit      *string `parquet:"unit,optional,dict,zstd"`
	Decisions int64   `parquet:"decisions,zstd"`  // in force at the unit on some day of the month
	FrameTime int64   `parquet:"frame_time,zstd"` // of these, under frame time; the others are under standard time
	Begun     int64   `parquet:"begun,zstd"`      // whose first day at the unit lies in the month
	Ended     int64   `parquet:"ended,zstd"`      // whose last day at the unit does
	Cases     int64   `parquet:"cases,zstd"`      // that have a decision in force there
	Frame     int64   `parquet:"frame_minutes,zstd"`
	Need      int64   `parquet:"need_minutes,zstd"`
	Granted   int64   `parquet:"granted_minutes,zstd"` // frame under frame time, otherwise need
	Performed int64   `parquet:"performed_minutes,zstd"`
}
