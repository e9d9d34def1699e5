package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
)

func newGenerate() *cobra.Command {
	var preset string
	size := generate.Size{}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "An invented history as records on standard output, the same for the same seed",
		Long: `Writes records (one JSON object a line) for trying the ledger. No real person is in them.

  lund-pilot    the Lund pilot 2014-2016, reconstructed so that the published totals come out exactly
  municipality  a whole invented municipality: --persons with home care at any time, over --years`,
		Example: `  careledger generate --preset lund-pilot > pilot.ndjson
  careledger generate --preset municipality --persons 300 --years 5 --seed 7 | careledger import -`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return generatePreset(cmd.OutOrStdout(), preset, size)
		},
	}
	f := cmd.Flags()
	f.StringVar(&preset, "preset", "", "lund-pilot or municipality")
	f.IntVar(&size.Persons, "persons", 300, "municipality: `number` of persons with home care at any time")
	f.IntVar(&size.Years, "years", 5, "municipality: `number` of years, from 2015 or as many years before 2026 as are asked for")
	f.StringVar(&size.Authority, "authority", generate.InventedAuthority, "municipality: `code` of the authority")
	f.Uint64Var(&size.Seed, "seed", 1, "another `number` gives another history")
	complete(cmd, "preset", "lund-pilot", "municipality")
	return cmd
}

func generatePreset(out io.Writer, preset string, size generate.Size) error {
	w := bufio.NewWriterSize(out, 1<<20)
	var err error
	switch preset {
	case "lund-pilot":
		err = generate.LundPilot(w, size.Seed)
	case "municipality":
		if err := size.Check(); err != nil {
			return &ledger.Wrong{Err: err}
		}
		err = generate.Municipality(w, size)
	case "orebro-county":
		err = generate.OrebroCounty(w, size.Seed)
	case "state-grant-2010":
		err = generate.StateGrant2010(w, size.Seed)
	case "":
		return &ledger.Wrong{Err: fmt.Errorf("--preset is required: lund-pilot or municipality")}
	default:
		return &ledger.Wrong{Err: fmt.Errorf("--preset: %q is not one of lund-pilot, municipality", preset)}
	}
	if err != nil {
		return err
	}
	return w.Flush()
}
