package compensation

import (
	"careledger/domain"
)

// Operand is a number of a component that is a parameter's value, or stands in the component itself.
type Operand struct {
	Parameter string         // its name; "" where the document writes the number
	Number    domain.Decimal // when Parameter is ""
}

// operand reads the name of a parameter or, where there is no parameter of that name, a decimal in quotes.
func (r *modelReader) operand(s spot) Operand {
	text := r.text(s)
	if number, err := domain.ParseDecimal(text); err == nil && !r.parameters.Has(text) {
		return Operand{Number: number}
	}
	return Operand{Parameter: text}
}

// minutesMax bounds the minutes that a document may write: far above those of a year of round-the-clock care.
const minutesMax = 999_999_999

// minutes reads whole minutes, with or without quotes, or the name of a parameter.
func (r *modelReader) minutes(s spot) Operand {
	if !s.absent() && (s.tree.kind == treeInteger || s.tree.kind == treeFraction) {
		return Operand{Number: domain.DecimalOf(int64(r.integer(s, 0, minutesMax)), 0)}
	}
	o := r.operand(s)
	if o.Parameter == "" {
		if _, problem := wholeMinutes(o.Number); problem != "" {
			r.problem(s, "%s is %s", o.Number, problem)
		}
	}
	return o
}

// wholeMinutes returns a number of minutes, and what is wrong with it if it is not whole, negative or too large.
func wholeMinutes(d domain.Decimal) (minutes int64, problem string) {
	minutes, whole := d.Scaled(0)
	if !whole || minutes < 0 || minutes > minutesMax {
		return 0, "not a number of minutes; a threshold is a whole number from 0 to 999999999"
	}
	return minutes, ""
}
