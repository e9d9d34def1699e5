package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

func newCompensation(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compensation",
		Short: "What providers are paid under the adopted policies",
		Long: `Sums the postings under the policies that the boards have adopted, by provider, unit, month, policy and component unless
--by says otherwise. With --as-of or --as-of-sequence it answers exactly as it would have then.`,
		Example: `  careledger compensation --from 2015-01 --to 2016-12
  careledger compensation --by provider,year
  careledger compensation --by unit,life_area --as-of 2016-06-30 --format json`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.ask(cmd, o.request(cmd, ledger.QuestionCompensation))
		},
	}
	o.period(cmd, compensation.Fields...)
	o.parties(cmd)
	o.reader(cmd)
	return cmd
}

func newFulfilment(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fulfilment",
		Short: "Goals assessed and fulfilled, with rates, follow-ups and persons",
		Long: `Counts the follow-ups held in the period and the outcomes of their goals. Goals that were not assessed do not count; the
rate is fulfilled / assessed. By default one row for all.`,
		Example: `  careledger fulfilment --by year
  careledger fulfilment --by unit,occasion --from 2016-01 --to 2016-12`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.ask(cmd, o.request(cmd, ledger.QuestionFulfilment))
		},
	}
	o.period(cmd, projections.FulfilmentFields...)
	o.parties(cmd)
	o.reader(cmd)
	return cmd
}

// newReplay is as long as what it says of itself and the list of its flags.
func newReplay(o *options) *cobra.Command {
	var models, set, assume []string
	var sweeps []string
	var seek, budget, from, compare, limit string
	var seed uint64
	var file outputFile
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "The same history under other models, beside the adopted policies",
		Long: `Computes what providers would have been paid under alternatives: totals, differences, and who gains and who loses. Nothing is
written to the ledger.

Each --model is a run of its own, in which the document replaces every adopted policy (a.yaml,b.yaml: both together); a name
without a file is looked for among the built-in models. All --set together are one run on the adopted policies. Each step of
--sweep is a run; given twice it is a grid, with a run for each pair of values. With --in-force-from the adopted policies hold before that date and the alternative from it.

--compare says what the differences are made of: the price of the same quantities, the volume charged, and the mix of what is charged at different
rates; by provider and unit also in classes of who gains and who loses. --limit-change pays each provider no further from what the adopted
policies pay it than that share of it in the first year, twice the share in the second, and so on. --assume lets the alternatives be answered by
other behaviour than the history's, and says so in every heading: the adopted run stays history. Which goals change stands in the JSON of an answer by case.

-o writes it all to a file: a workbook with live formulas (.xlsx), CSV for people in Sweden (.csv; with --format csv the plain rows), a chart of a sweep or
grid (.svg), or JSON (.json). Each answer ends with what it rests on and the command that gives it again.`,
		Example: `  careledger replay --set lund-2015-pilot.goal_premium=350
  careledger replay --sweep lund-2015-pilot.goal_premium=200..400:50
  careledger replay --model person-premium-10000 --model proposal.yaml --in-force-from 2016-01-01
  careledger replay --seek lund-2015-pilot.goal_premium --budget 17300000
  careledger replay --model proposal.yaml --compare provider,unit,year --limit-change 5% -o proposal.xlsx
  careledger replay --sweep lund-2015-pilot.goal_premium=200..400:25 --assume self-care:fulfilled+0.05 -o sweep.svg`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := o.request(cmd, ledger.QuestionReplay)
			r.Set, r.Seek, r.Budget, r.InForceFrom = set, seek, budget, from
			switch len(sweeps) {
			case 2:
				r.Sweep, r.Across = sweeps[0], sweeps[1]
			case 1:
				r.Sweep = sweeps[0]
			case 0:
			default:
				return fmt.Errorf("--sweep is given %d times; a grid is over two parameters", len(sweeps))
			}
			r.Compare, r.LimitChange, r.Assume = compare, limit, assume
			if cmd.Flags().Changed("assume-seed") {
				r.AssumeSeed = &seed
			}
			r.GivenBy = withoutPassword(givenBy(cmd, "data", "server"))
			for _, m := range models {
				documents, err := readModels(m)
				if err != nil {
					return err
				}
				r.Models = append(r.Models, documents)
			}
			if file.path != "" {
				return file.ask(cmd, o, r)
			}
			return o.ask(cmd, r)
		},
	}
	o.period(cmd, compensation.Fields...)
	file.flags(cmd)
	o.reader(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&models, "model", nil, "a run in which this model `file` replaces the adopted policies")
	f.StringArrayVar(&set, "set", nil, "give a parameter of an adopted policy a value: `POLICY.PARAM=VALUE` (of a table: POLICY.PARAM.KEY=VALUE)")
	f.StringArrayVar(&sweeps, "sweep", nil, "a run for each value: `POLICY.PARAM=A..B:STEP`; given twice, a run for each pair of values of two parameters")
	f.StringVar(&seek, "seek", "", "find the value of `POLICY.PARAM` whose total comes nearest --budget without passing it")
	f.StringVar(&budget, "budget", "", "the `amount` for --seek, in kronor")
	f.StringVar(&from, "in-force-from", "", "`date` from which the alternatives hold")
	f.StringVar(&compare, "compare", "", "what the differences are made of, by these `fields`: "+strings.Join(replay.CompareFields, ", "))
	complete(cmd, "compare", replay.CompareFields...)
	f.StringVar(&limit, "limit-change", "", "pay no provider further than this `share` a year from what the adopted policies pay it: 5%")
	f.StringArrayVar(&assume, "assume", nil, "let the alternatives assume other `behaviour` than the history's: fulfilled+0.05 for five percentage points more goals fulfilled, self-care:fulfilled-0.02")
	f.Uint64Var(&seed, "assume-seed", replay.DefaultSeed, "`number` that settles which goals change under --assume")
	return cmd
}

// readModels reads the documents of one --model.
func readModels(list string) (set replay.ModelSet, err error) {
	for name := range strings.SplitSeq(list, ",") {
		d, err := readDocument(name)
		if err != nil {
			return set, fmt.Errorf("--model: %w", err)
		}
		set.Documents = append(set.Documents, d)
	}
	return set, nil
}

// readDocument reads a model document from a file, or a built-in one where there is no such file. It reads no more than what the
// parser refuses as too long.
func readDocument(name string) (replay.Document, error) {
	f, err := os.Open(name)
	if err != nil {
		if builtIn, ok := compensation.LibraryModel(name); ok {
			return replay.Document{Name: name, Data: builtIn}, nil
		}
		return replay.Document{}, fmt.Errorf("%w; it is not a built-in model either (%s)", err, strings.Join(compensation.Library(), ", "))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 2<<20))
	return replay.Document{Name: name, Data: data}, err
}

func newTrail(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trail ENTITY",
		Short: "Every event of a case, provider, policy or payout: what it changed, who registered it, and when",
		Long: `Lists the events of a case, patient, provider, policy, agreement, grant or payout: when each holds, when, by whom and because of what it was registered,
and what was known before and after it. One that was corrected, annulled or reversed since stands with what did that. Of a policy, a document that takes
the place of another is told by what differs; of a payout, each version with its steps, lines, what it rests on and why it adjusts.

With --as-of or --as-of-sequence it tells what was known then. What shows a case or patient takes --purpose, and is kept (careledger access).`,
		Example: `  careledger trail case/l001 --purpose "complaint 2026-114"
  careledger trail policy/lund-2015-pilot --format json
  careledger trail payout/2016-03-lund-hemvard
  careledger trail case/l001 --as-of 2016-12-31 --purpose "complaint 2026-114"`,
		Args: exactly("ENTITY (for example case/l001)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := o.request(cmd, ledger.QuestionTrail)
			r.Entity = args[0]
			return o.ask(cmd, r)
		},
	}
	o.which(cmd)
	o.reader(cmd)
	return cmd
}
