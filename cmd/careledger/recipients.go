package main

import (
	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
)

// healthQuestion makes a command ask about home health care over the months of a year, or from one to another.
func healthQuestion(o *options, cmd *cobra.Command, question, first string) *cobra.Command {
	var year string
	o.which(cmd)
	f := cmd.Flags()
	f.StringVar(&year, "year", "", "all months of a `year`, 2019; in place of --from and --to")
	f.StringVar(&o.from, "from", "", "first `month`, 2019-01; by default that of the first "+first)
	f.StringVar(&o.to, "to", "", "last `month`, 2019-12; by default that of the as-of")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r := o.request(cmd, question)
		r.Year = year
		return o.ask(cmd, r)
	}
	return cmd
}

func newRecipients(o *options) *cobra.Command {
	return healthQuestion(o, &cobra.Command{
		Use:   "recipients",
		Short: "Persons with home health care, by municipality, age and sex",
		Long: `Counts the distinct persons, by pseudonym, who were enrolled in home health care on some day of the period: a row for each municipality
that the ledger holds, and before the municipalities of a county, where there are several, a row for the county. The county counts
a person once, in whatever number of municipalities; how many stand in more than one is said below (in JSON: shared). --authority with
the code of a municipality gives that row alone, with the two digits of a county the county's alone.

Columns are w women, m men and t total by age group, 80 meaning 80 or more. A person whose sex is not stated is counted in the total of the age
group, and in a column u of its own; one without an age group in the total and in columns named not_stated. Such columns are
there only if somebody is in them. Where the records of a person differ, what was recorded last counts: in the row of a municipality of
its own records, in that of the county of all.

These are the ledger's own totals: small numbers are not suppressed. Do that before they are published.

With --as-of it answers as it would have then. An event number is one of a single log: --as-of-sequence takes --authority.`,
		Example: `  careledger recipients --year 2019
  careledger recipients --year 2019 --authority 18 --format json
  careledger recipients --from 2019-01 --to 2019-03 --authority 1880 --as-of 2019-04-15
  careledger recipients --year 2019 --format csv > recipients.csv`,
		Args: exactly(),
	}, ledger.QuestionRecipients, "enrolment")
}

func newActivities(o *options) *cobra.Command {
	return healthQuestion(o, &cobra.Command{
		Use:   "activities",
		Short: "Time of home health care by activity code, for licensed staff; delegated time beside it",
		Long: `Sums the reported minutes of home health care by municipality and activity code (KVÅ), with the distinct patients and the number of
reports. Codes are counted for what licensed staff does; licensed time without a code makes a row of its own, and so does delegated time,
without a code whatever its reports say. Municipalities that report licensed time and no code at all are named below (in JSON:
without_codes). The months are those that the time was performed in.`,
		Example: `  careledger activities --year 2019
  careledger activities --from 2019-10 --to 2019-12 --authority 1880 --format csv`,
		Args: exactly(),
	}, ledger.QuestionActivities, "time report")
}

func newInvoiceBasis(o *options) *cobra.Command {
	var month string
	cmd := &cobra.Command{
		Use:   "invoice-basis --month MONTH",
		Short: "Psychiatric home health care that a municipality invoices the region, by patient and unit",
		Long: `Lists the psychiatric home health care of a month, by patient (pseudonym) and unit: minutes, hours, rate and amount, which is the sum of the
postings under the adopted policies. Time that no policy pays for stands there without a rate. All municipalities of the ledger, unless
--authority names one, or a county by its two digits.

coordinated_plan says whether a coordinated individual plan (SIP) had been held by the end of the month: yes, with the day of the first; missing,
which also lists patients who are enrolled without one and have no time in the month; not enrolled, where there is time and the
patient was not enrolled for psychiatric care on any day of the month.

Hours are the minutes / 60 with two decimals; amounts are computed from the minutes. CSV has the rows; a table and JSON also the sums of each
municipality. Supplements and caps, which belong to no category of care, are left out.`,
		Example: `  careledger invoice-basis --month 2019-03 --purpose "invoice of March"
  careledger invoice-basis --month 2019-03 --authority 1880 --format csv --purpose "invoice of March"
  careledger invoice-basis --month 2019-03 --authority 1880 --as-of 2019-04-30 --purpose "invoice of March"`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := o.request(cmd, ledger.QuestionInvoice)
			r.Month = month
			return o.ask(cmd, r)
		},
	}
	o.which(cmd)
	o.reader(cmd)
	cmd.Flags().StringVar(&month, "month", "", "the `month`, 2019-03; required")
	return cmd
}
