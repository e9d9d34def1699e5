package compensation

import (
	"slices"

	"careledger/domain"
)

// references checks what components and parameters say about each other.
func (r *modelReader) references(m *Model, s spot) {
	used, ids := map[string]bool{}, map[string]int{}
	for i := range m.Components {
		c, at := &m.Components[i], s.field("components").item(i)
		if first, again := ids[c.ID]; again && c.ID != "" {
			r.problem(at.field("id"), "%q is the id of components[%d] already", c.ID, first)
		} else {
			ids[c.ID] = i
		}
		for _, u := range c.uses() {
			used[u.parameter] = true
			field := at.field(u.field)
			if field.absent() {
				field = at.field("share") // which may name the weights
			}
			r.use(m, u, field)
		}
	}
	for i := range m.Components {
		c, at := &m.Components[i], s.field("components").item(i)
		if c.Kind == KindCap {
			r.capped(m, c, at.field("of"))
		}
		if len(r.problems) == 0 { // otherwise it may not be known what the numbers are
			r.amounts(m, c, at)
		}
	}
	for _, name := range r.parameters {
		if !used[name] {
			r.warn(s.field("parameters").field(name), "is not used by any component")
		}
	}
}

// use checks a field that names a parameter.
func (r *modelReader) use(m *Model, u use, at spot) {
	p, or := m.Parameter(u.parameter), ""
	if u.own {
		or = ", nor a number"
	}
	switch near := r.parameters.Closest(u.parameter); {
	case p == nil && near != "":
		r.problem(at, "%q is not a parameter of this model"+or+"; did you mean %q?", u.parameter, near)
	case p == nil:
		r.problem(at, "%q is not a parameter of this model"+or+"; it has %s", u.parameter, r.parameters)
	case u.byRecipient && !slices.Equal(p.By, []string{dimensionRecipient}):
		r.problem(at, "weights are by recipient, which parameter %q is not; write by: [recipient] there", u.parameter)
	case u.number && len(p.By) > 0:
		r.problem(at, "%s is one number, but parameter %q is a table", u.field, u.parameter)
	case !u.byRecipient && slices.Contains(p.By, dimensionRecipient):
		r.problem(at, "%s cannot differ by recipient, as parameter %q does; only weights can", u.field, u.parameter)
	}
}

// capped checks the components whose postings a cap sums.
func (r *modelReader) capped(m *Model, c *Component, at spot) {
	var ids domain.Codes // of those that it could sum
	for i := range m.Components {
		if of := &m.Components[i]; of.ID != "" && cappedKinds.Has(string(of.Kind)) {
			ids = append(ids, of.ID)
		}
	}
	for i, id := range c.Of {
		other := slices.IndexFunc(m.Components, func(o Component) bool { return o.ID == id })
		switch near := ids.Closest(id); {
		case id == "" || ids.Has(id):
		case other >= 0 && m.Components[other].Kind == "": // reported
		case other >= 0:
			r.problem(at.item(i), "%q is of kind %s; a cap sums components of the kinds %s", id, m.Components[other].Kind, cappedKinds)
		case near != "":
			r.problem(at.item(i), "%q is not a component of this model; did you mean %q?", id, near)
		default:
			r.problem(at.item(i), "%q is not a component of this model", id)
		}
	}
}

// sumsYears says whether the component is a cap or is summed by one, and so is evaluated over whole years.
func (m *Model) sumsYears(c *Component) bool { return c.Kind == KindCap || m.capped()[c.ID] }

// capped returns the ids of the components that a cap of the model sums.
func (m *Model) capped() map[string]bool {
	ids := map[string]bool{}
	for i := range m.Components {
		for _, id := range m.Components[i].Of {
			ids[id] = true
		}
	}
	return ids
}
