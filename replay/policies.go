package replay

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// alternative parses the documents of a run, which hold on all dates, sorted by id as adopted policies are. The run's name is that
// of its files without folder and ending; a document without a name goes by its id.
func alternative(set ModelSet) (name string, policies []compensation.Policy, warnings []string, err error) {
	var errs []error
	var names []string
	from := map[string]string{}
	for _, d := range set.Documents {
		m, found, err := compensation.ParseModel(d.Name, d.Data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if first, again := from[m.ID]; again {
			errs = append(errs, fmt.Errorf("%s and %s are both model %s, and are to hold together; give one another id, or make them runs of their own (--model %s --model %s)",
				first, d.Name, m.ID, first, d.Name))
			continue
		}
		from[m.ID] = d.Name
		names = append(names, cmp.Or(d.short(), m.ID))
		for _, w := range found {
			warnings = append(warnings, w.String())
		}
		policies = append(policies, compensation.Policy{ID: m.ID, Documents: []compensation.InForce{{Model: m, From: domain.MinDate, End: domain.MaxDate}}})
	}
	slices.SortFunc(policies, func(a, b compensation.Policy) int { return strings.Compare(a.ID, b.ID) })
	return strings.Join(names, ","), policies, warnings, errors.Join(errs...)
}

// inForceFrom returns the adopted policies before a day and the alternative ones from it; 0 is the alternative ones alone. Documents
// under one id stay one policy, so that what is paid once stays paid across the day.
func inForceFrom(adopted, alternative []compensation.Policy, day domain.Date) []compensation.Policy {
	if day == 0 {
		return alternative
	}
	var policies []compensation.Policy
	add := func(id string, d compensation.InForce) {
		if d.From >= d.End {
			return
		}
		i, found := slices.BinarySearchFunc(policies, id, func(p compensation.Policy, id string) int { return cmp.Compare(p.ID, id) })
		if !found {
			policies = slices.Insert(policies, i, compensation.Policy{ID: id})
		}
		p := &policies[i]
		if n := len(p.Documents); n > 0 {
			// A document that goes on unchanged across the day is one document: its postings, and so their order and digest, are the same.
			if last := &p.Documents[n-1]; last.End == day && d.From == day && last.Model.SHA256() == d.Model.SHA256() {
				last.Model, last.End = d.Model, d.End
				return
			}
		}
		p.Documents = append(p.Documents, d)
	}
	for _, p := range adopted {
		for _, d := range p.Documents {
			add(p.ID, compensation.InForce{Model: d.Model, From: d.From, End: min(d.End, day)})
		}
	}
	for _, p := range alternative {
		for _, d := range p.Documents {
			add(p.ID, compensation.InForce{Model: d.Model, From: max(d.From, day), End: d.End})
		}
	}
	return policies
}

// overlaps says whether a document is in force on some day of the period.
func overlaps(d compensation.InForce, p compensation.Period) bool {
	return d.From <= p.To.Last() && p.From.First() < d.End
}

// inPeriod returns the documents in force on some day of the period, in order of policy and day.
func inPeriod(policies []compensation.Policy, p compensation.Period) []ModelRef {
	refs := []ModelRef{}
	for _, policy := range policies {
		for _, d := range policy.Documents {
			if overlaps(d, p) {
				refs = append(refs, ModelRef{policy.ID, d.Model.SHA256()})
			}
		}
	}
	return refs
}

// short is the document's name without folder and ending.
func (d Document) short() string {
	name := d.Name[1+strings.LastIndexAny(d.Name, `/\`):]
	for _, ending := range []string{".yaml", ".yml", ".json"} {
		name = cmp.Or(strings.TrimSuffix(name, ending), name)
	}
	return name
}

// paths is the name of a model set in full.
func (s ModelSet) paths() string {
	names := make([]string, len(s.Documents))
	for i, d := range s.Documents {
		names[i] = d.Name
	}
	return strings.Join(names, ",")
}
