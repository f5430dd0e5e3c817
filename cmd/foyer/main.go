// Command foyer is the whole product in one binary: foyer serve runs it, the other commands look after it. This package
// is the one place where all parts meet: app.go puts them together, config.go says what can be told, and time.Now is
// called here and nowhere else.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones on machines that have none

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run Foyer."`
	Account accountCommand `cmd:"" help:"Make accounts and set passwords."`
	Seed    seedCommand    `cmd:"" help:"Fill a data folder with something to look at."`
	Restore restoreCommand `cmd:"" help:"Bring the off-site copy back into an empty data folder."`
	Load    loadCommand    `cmd:"" help:"Fill rooms of a running Foyer with people and measure."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

type versionCommand struct{ Data }

func (versionCommand) Run(context.Context) error {
	fmt.Println("foyer", version)
	return nil
}

func main() { os.Exit(run(os.Args[1:])) }

// run gives the exit code: 0 clean, 2 wrong usage, 1 anything else.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	asked := false
	parser, err := kong.New(&c, kong.Name("foyer"), kong.Description("The meeting place a small team runs itself."),
		kong.Exit(func(int) { asked = true }), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return complain(err)
	}
	chosen, err := parser.Parse(args)
	switch {
	case asked: // --help was printed
		return 0
	case err != nil:
		return complain(usage("%v (foyer --help lists what there is)", err))
	}
	if err := chosen.Run(); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "foyer:", err)
	var w wrongUsage
	if errors.As(err, &w) {
		return 2
	}
	return 1
}
