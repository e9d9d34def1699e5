package projections

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// personCounts are how many persons there are by age group and sex.
type personCounts = [AgeNotStated + 1][SexNotStated + 1]int

// saidOf is what one patient's requests say, with the event that it is known from.
type saidOf struct {
	person, age, sex string
	recorded         int64
	log, sequence    uint64
}

// enrolledPersons finds from the events alone, one patient at a time, what is said of the patients enrolled in a period.
func enrolledPersons(t fataler, log int, events []domain.Event, p compensation.Period) (all []saidOf) {
	said := map[domain.Entity]saidOf{}
	patients := foldPatients(t, events, func(e *domain.Event, p *domain.Patient) {
		r, _ := p.Requested()
		if s := said[e.Entity]; s.sequence == 0 || s.person != r.Person || s.age != r.AgeGroup || s.sex != r.Sex {
			said[e.Entity] = saidOf{r.Person, r.AgeGroup, r.Sex, e.Recorded.UnixNano(), uint64(log), e.Sequence}
		}
	})
	for entity, patient := range patients {
		for _, n := range patient.Enrolments() {
			if domain.Overlap(n.From, n.To, p.From.First(), p.To.Last()) > 0 {
				all = append(all, said[entity])
				break
			}
		}
	}
	return all
}

// countSaid counts each person once, by what was recorded last of those that say it.
func countSaid(all []saidOf) (n personCounts, persons int) {
	byPerson := map[string][]saidOf{}
	for _, s := range all {
		byPerson[s.person] = append(byPerson[s.person], s)
	}
	last := func(said []saidOf, word func(saidOf) string) (found string) {
		var best saidOf
		for _, s := range said {
			if word(s) != "" && (found == "" || cmp.Or(cmp.Compare(s.recorded, best.recorded), cmp.Compare(s.log, best.log), cmp.Compare(s.sequence, best.sequence)) > 0) {
				found, best = word(s), s
			}
		}
		return found
	}
	for _, said := range byPerson {
		age, sex := AgeNotStated, SexNotStated
		if i := domain.AgeGroups.Index(last(said, func(s saidOf) string { return s.age })); i >= 0 {
			age = i
		}
		if i := domain.Sexes.Index(last(said, func(s saidOf) string { return s.sex })); i >= 0 {
			sex = i
		}
		n[age][sex]++
	}
	return n, len(byPerson)
}

func firstQuarter(t fataler) Query {
	return Query{From: month(t, "2019-01"), To: month(t, "2019-03")}
}

func TestTheColumnsOfRecipientsAreThoseOfTheCodeLists(t *testing.T) {
	require.Len(t, domain.AgeGroups, AgeNotStated)
	require.Len(t, domain.Sexes, SexNotStated)
}

func TestRecipientsAsOfAnySequenceOrTimeAreThoseOfTheEventsKnownThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, q := drawPatients(t, "1880"), firstQuarter(t)
		whole := l.table(t)
		same := func(at AsOf, known []domain.Event) {
			q.AsOf = at
			r, err := CountRecipients([]*Table{whole}, q)
			require.NoError(t, err)
			want, persons := countSaid(enrolledPersons(t, 0, known, r.Period))
			require.Equal(t, want, r.Municipalities[0].Persons, "%v", at)
			require.Equal(t, want, r.Counties[0].Persons, "a county of one municipality")
			require.Equal(t, persons, r.Municipalities[0].Total())
			require.Zero(t, r.Counties[0].Shared)
		}
		for n := range len(l.events) + 1 {
			same(AsOf{Sequence: uint64(n)}, historytest.KnownAt(l.events, uint64(n)))
		}
		for _, e := range l.events {
			same(AsOf{Time: e.Recorded}, historytest.KnownBy(l.events, e.Recorded))
		}
		same(Now, l.events)
	})
}

func TestACountyCountsThePersonsOfAllItsMunicipalitiesOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, elsewhere := drawPatients(t, "1880"), drawPatients(t, "1881"), drawPatients(t, "0180")
		q := firstQuarter(t)
		q.AsOf = Now
		r, err := CountRecipients([]*Table{b.table(t), elsewhere.table(t), a.table(t)}, q)
		require.NoError(t, err)
		inA, inB := enrolledPersons(t, 1, a.events, r.Period), enrolledPersons(t, 2, b.events, r.Period)
		persons := func(all []saidOf) int { _, n := countSaid(all); return n }
		want, all := countSaid(append(append([]saidOf{}, inA...), inB...))
		require.Equal(t, []string{"01", "18"}, []string{r.Counties[0].Code, r.Counties[1].Code})
		county := r.Counties[1]
		require.Equal(t, want, county.Persons)
		require.Equal(t, persons(inA)+persons(inB)-all, county.Shared)
		require.Equal(t, 2, county.Municipalities)
		require.Equal(t, []string{"0180", "1880", "1881"}, []string{r.Municipalities[0].Code, r.Municipalities[1].Code, r.Municipalities[2].Code})
		require.Equal(t, persons(inB), r.Municipalities[2].Total())
		require.Equal(t, r.Municipalities[0].Persons, r.Counties[0].Persons)
	})
}

func TestWithoutMonthsRecipientsAreThoseFromTheFirstEnrolmentOn(t *testing.T) {
	l := newPatientLog("1880")
	require.True(t, l.submit("patient/p", "2019-05-02T08:00:00Z", `"type":"care-requested","effective":"2019-05-01","data":{"person":"x","requested_by":"r"}`))
	require.True(t, l.submit("patient/p", "2019-05-02T08:00:00Z", `"type":"patient-enrolled","effective":"2019-05-09","data":{"provider":"health","unit":"u1","from":"2019-05-09","kind":"somatic"}`))
	require.True(t, l.submit("patient/q", "2019-07-31T23:00:00Z", `"type":"care-requested","effective":"2019-07-31","data":{"person":"y","requested_by":"r"}`))
	r, err := CountRecipients([]*Table{l.table(t)}, Query{AsOf: Now})
	require.NoError(t, err)
	require.Equal(t, compensation.Period{From: month(t, "2019-05"), To: month(t, "2019-08")}, r.Period, "the as-of is in August in Sweden")
	require.Equal(t, personCounts{AgeNotStated: {SexNotStated: 1}}, r.Municipalities[0].Persons)

	none, err := CountRecipients(nil, Query{AsOf: Now})
	require.NoError(t, err)
	require.Empty(t, none.Municipalities)
	require.Empty(t, none.Counties)
}

func TestThroughALogRecipientsSurviveCorrections(t *testing.T) {
	log := newLog(t)
	l := newPatientLog(historytest.Authority)
	require.True(t, l.submit("patient/p", "2019-01-02T08:00:00Z", `"type":"care-requested","effective":"2019-01-01","data":{"person":"x","requested_by":"r","sex":"woman"}`))
	require.True(t, l.submit("patient/p", "2019-01-03T08:00:00Z", `"type":"patient-enrolled","effective":"2019-04-01","data":{"provider":"health","unit":"u1","from":"2019-04-01","kind":"somatic"}`))
	enrolled := l.originals["patient/p"][1]
	require.True(t, l.submit("patient/p", "2019-01-04T08:00:00Z", `"type":"event-corrected","effective":"2019-03-31","data":{"event":"`+enrolled+`","reason":"r","data":{"provider":"health","unit":"u1","from":"2019-03-31","kind":"somatic"}}`))
	require.True(t, l.submit("patient/p", "2019-01-05T08:00:00Z", `"type":"event-annulled","effective":"2019-03-31","data":{"event":"`+enrolled+`","reason":"r"}`))
	write(t, log, l.events)
	table, q := coldFold(t, log), firstQuarter(t)
	for sequence, want := range map[uint64]int{4: 0, 5: 0, 6: 1, 7: 0} { // three events of the provider come first
		q.AsOf = AsOf{Sequence: sequence}
		r, err := CountRecipients([]*Table{table}, q)
		require.NoError(t, err)
		require.Equal(t, want, r.Municipalities[0].Total(), "as of event %d", sequence)
		require.Equal(t, sequence, r.Logs[0].AsOf.Sequence)
	}
}
