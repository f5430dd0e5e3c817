package main

import (
	"context"
	"log/slog"
	"os"
)

// logger writes lines to standard error; loud adds one line a request.
func logger(loud bool) *slog.Logger {
	level := slog.LevelInfo
	if loud {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// calm is the same log without what libraries say to themselves.
func calm(log *slog.Logger) *slog.Logger { return slog.New(calmed{log.Handler()}) }

type calmed struct{ slog.Handler }

func (c calmed) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelInfo && c.Handler.Enabled(ctx, l)
}

func (c calmed) WithAttrs(a []slog.Attr) slog.Handler { return calmed{c.Handler.WithAttrs(a)} }

func (c calmed) WithGroup(name string) slog.Handler { return calmed{c.Handler.WithGroup(name)} }
