package projections

import (
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"

	"careledger/domain"
)

// columns are what the log says, and what is kept on disk.
//
// Rows are only added. The single thing that changes in place is until, which is written and read atomically: a reader that took the
// slices at position n takes an until above n for none, so that it may read while the fold goes on (see visible).
type columns struct {
	position uint64 // sequence of the last event folded
	latest   int64  // greatest of recorded
	// One row an event, the event of sequence n at n-1.
	recorded []int64  // nanoseconds since 1970, UTC
	ids      []uint64 // domain.ShortID
	records  []uint64 // ShortHash, 0 where the ledger itself wrote it
	cases    []uint32 // case code, noCase for an event of an entity that has none
	typeOf   []uint8  // type code, noType for an event that is not there or cannot be read

	parties storedColumns // the events of providers, policies, agreements and grants, few and folded afresh for each as-of
	payouts storedColumns // the events of payouts, folded when a question is about payouts

	entities textColumn // by case code: the cases and patients, as kind/id
	units    textColumn // by unit code
	types    textColumn // by type code: the types of events
	words    textColumn // follow-up and goal ids, programmes, persons, diagnosis groups, professions, activity codes

	opened    openedColumns
	grants    grantColumns
	absences  absenceColumns
	keys      keyColumns
	performed performedColumns
	health    healthColumns
	followUps followUpColumns
	goals     goalColumns

	enrolments enrolmentColumns
	// Corrections of performed time, in their order: the sequence of the event that was corrected, and the row that says what it is known
	// to be from then on. The last one of an event counts.
	corrected, correctedRow []uint32
}

// noCase stands where an event is not of a case.
const noCase = ^uint32(0)

// noType stands where an event has no type that is known.
const noType = ^uint8(0)

// sequences returns the sequences of an entity's events up to one, increasing; none for an entity that is not known.
func (s *snapshot) sequences(entity domain.Entity, to uint64) (sequences []uint64) {
	to = min(to, s.position)
	if hasCode(entity.Kind()) {
		if cs := s.entities.index(string(entity)); cs >= 0 {
			return s.sequencesOf(uint32(cs), to)
		}
		return nil
	}
	for _, few := range []*storedColumns{&s.parties, &s.payouts} {
		for p := range few.all() {
			if p.entity == entity && p.sequence <= to {
				sequences = append(sequences, p.sequence)
			}
		}
	}
	return sequences
}

// hasCode says whether entities of a kind are many, so that they have a case code, and their facts are rows.
func hasCode(k domain.Kind) bool { return k == domain.KindCase || k == domain.KindPatient }

// sequencesOf returns the sequences of a case's events up to one, increasing. It looks at every event's code: 4 bytes an event.
func (c *columns) sequencesOf(cs uint32, to uint64) (sequences []uint64) {
	for i, of := range c.cases[:to] {
		if of == cs {
			sequences = append(sequences, uint64(i+1))
		}
	}
	return sequences
}

// known is the interval of sequences [from, until) in which a row was what is known; until 0: still. from never decreases.
type known struct {
	from, until []uint32
	kept        int      // rows from here on are not in the table's file yet
	changed     []uint32 // rows before it that were retracted since the file was written
}

func (k *known) add(sequence uint64) uint32 {
	k.from, k.until = append(k.from, uint32(sequence)), append(k.until, 0)
	return uint32(len(k.from) - 1)
}

func (k *known) retract(row uint32, sequence uint64) {
	atomic.StoreUint32(&k.until[row], uint32(sequence))
	if int(row) < k.kept {
		k.changed = append(k.changed, row)
	}
}

// intervals returns the intervals of all rows, in a fixed order.
func (c *columns) intervals() []*known {
	return []*known{&c.opened.known, &c.grants.known, &c.absences.known, &c.performed.known, &c.followUps.known, &c.enrolments.known}
}

// openedColumns: what case-opened says, and of a patient the latest care-requested.
type openedColumns struct {
	known
	cs, person, programme, diagnosis []uint32
	flags                            []uint8 // 1 rehabilitation potential, 2 needs expected to decrease
	age, sex                         []uint8 // of a patient; NoCode where not said
}

// grantColumns hold domain.Grant rows.
type grantColumns struct {
	known
	cs                            []uint32
	unit                          []uint16
	class, category, band, method []uint8
	line                          []int32
	first, last                   []domain.Date
	amount                        []int64
}

// absenceColumns hold domain.Absence rows.
type absenceColumns struct {
	known
	cs          []uint32
	first, last []domain.Date
	reason      []uint8
}

// keyColumns are the distinct case, unit, category, band and month of performed time.
type keyColumns struct {
	cs             []uint32
	unit           []uint16
	category, band []uint8
	month          []domain.Month
}

// performedColumns: one row for each visit and time report, and one more for each correction of one.
type performedColumns struct {
	known
	key     []uint32
	minutes []int32
	kind    []uint8 // domain.PerformedKind
}

// healthColumns are what the performed rows of home health care say beside their key and minutes, in order of row.
type healthColumns struct {
	row                  []uint32 // of performedColumns
	profession, activity []uint32
	delegated            []uint8
}

// enrolmentColumns hold domain.Enrolment rows.
type enrolmentColumns struct {
	known
	cs                []uint32
	unit              []uint16
	kind              []uint8 // position in domain.PatientKinds
	first, last, plan []domain.Date
}

// followUpColumns hold domain.FollowUp rows.
type followUpColumns struct {
	known
	cs, id   []uint32
	sequence []uint32 // of the follow-up itself, also where a correction made the row
	heldOn   []domain.Date
	occasion []uint8
	goalsTo  []uint32 // end of the row's goals
}

// goalColumns hold domain.AssessedGoal rows.
type goalColumns struct {
	id                []uint32
	lifeArea, outcome []uint8
	confirms          []uint8
	unit              []uint16
}

// each visits every column by reference, in a fixed order, with the type that it has on disk: *[]T of a fixed width. It is as long as the
// list of the columns.
func (c *columns) each(visit func(name string, column any)) {
	interval := func(name string, k *known) { visit(name+".from", &k.from); visit(name+".until", &k.until) }
	text := func(name string, t *textColumn) { visit(name+".ends", &t.ends); visit(name+".bytes", &t.bytes) }
	events := func(name string, s *storedColumns) {
		visit(name+".sequence", &s.sequence)
		text(name+".entity", &s.entity)
		text(name+".type", &s.typ)
		text(name+".data", &s.data)
	}
	visit("recorded", &c.recorded)
	visit("ids", &c.ids)
	visit("records", &c.records)
	visit("cases", &c.cases)
	visit("type_of", &c.typeOf)
	events("parties", &c.parties)
	events("payouts", &c.payouts)
	text("entities", &c.entities)
	text("units", &c.units)
	text("types", &c.types)
	text("words", &c.words)

	o := &c.opened
	interval("opened", &o.known)
	visit("opened.case", &o.cs)
	visit("opened.person", &o.person)
	visit("opened.programme", &o.programme)
	visit("opened.diagnosis", &o.diagnosis)
	visit("opened.flags", &o.flags)
	visit("opened.age", &o.age)
	visit("opened.sex", &o.sex)

	g := &c.grants
	interval("grants", &g.known)
	visit("grants.case", &g.cs)
	visit("grants.unit", &g.unit)
	visit("grants.class", &g.class)
	visit("grants.category", &g.category)
	visit("grants.band", &g.band)
	visit("grants.method", &g.method)
	visit("grants.line", &g.line)
	visit("grants.first", &g.first)
	visit("grants.last", &g.last)
	visit("grants.amount", &g.amount)

	a := &c.absences
	interval("absences", &a.known)
	visit("absences.case", &a.cs)
	visit("absences.first", &a.first)
	visit("absences.last", &a.last)
	visit("absences.reason", &a.reason)

	visit("keys.case", &c.keys.cs)
	visit("keys.unit", &c.keys.unit)
	visit("keys.category", &c.keys.category)
	visit("keys.band", &c.keys.band)
	visit("keys.month", &c.keys.month)
	interval("performed", &c.performed.known)
	visit("performed.key", &c.performed.key)
	visit("performed.minutes", &c.performed.minutes)
	visit("performed.kind", &c.performed.kind)
	visit("health.row", &c.health.row)
	visit("health.profession", &c.health.profession)
	visit("health.activity", &c.health.activity)
	visit("health.delegated", &c.health.delegated)

	n := &c.enrolments
	interval("enrolments", &n.known)
	visit("enrolments.case", &n.cs)
	visit("enrolments.unit", &n.unit)
	visit("enrolments.kind", &n.kind)
	visit("enrolments.first", &n.first)
	visit("enrolments.last", &n.last)
	visit("enrolments.plan", &n.plan)

	f := &c.followUps
	interval("follow_ups", &f.known)
	visit("follow_ups.case", &f.cs)
	visit("follow_ups.id", &f.id)
	visit("follow_ups.sequence", &f.sequence)
	visit("follow_ups.held_on", &f.heldOn)
	visit("follow_ups.occasion", &f.occasion)
	visit("follow_ups.goals_to", &f.goalsTo)
	visit("goals.id", &c.goals.id)
	visit("goals.life_area", &c.goals.lifeArea)
	visit("goals.outcome", &c.goals.outcome)
	visit("goals.confirms", &c.goals.confirms)
	visit("goals.unit", &c.goals.unit)
	visit("corrected", &c.corrected)
	visit("corrected_row", &c.correctedRow)
}

// ShortHash is the form in which record hashes (hex) are kept: their first eight bytes, 0 for none.
func ShortHash(record string) uint64 {
	var b [8]byte
	if len(record) < 16 {
		return 0
	}
	if _, err := hex.Decode(b[:], []byte(record[:16])); err != nil {
		return 0
	}
	return binary.BigEndian.Uint64(b[:])
}
