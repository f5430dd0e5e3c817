package lite

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog sends what pion says to our logger at debug level: its warnings are about what strangers send, and a stranger
// must not be able to fill a log.
type pionLog struct{ Log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (p pionLog) NewLogger(scope string) logging.LeveledLogger {
	return pionScope{log: p.Log, scope: "pion/" + scope}
}

type pionScope struct {
	log   *slog.Logger
	scope string
}

func (p pionScope) say(level, format string, a ...any) {
	if p.log.Enabled(context.Background(), slog.LevelDebug) {
		p.log.Debug(fmt.Sprintf(format, a...), "scope", p.scope, "pion", level)
	}
}

func (p pionScope) Trace(string)              {}
func (p pionScope) Tracef(string, ...any)     {}
func (p pionScope) Debug(string)              {}
func (p pionScope) Debugf(string, ...any)     {}
func (p pionScope) Info(m string)             { p.say("info", "%s", m) }
func (p pionScope) Infof(f string, a ...any)  { p.say("info", f, a...) }
func (p pionScope) Warn(m string)             { p.say("warn", "%s", m) }
func (p pionScope) Warnf(f string, a ...any)  { p.say("warn", f, a...) }
func (p pionScope) Error(m string)            { p.say("error", "%s", m) }
func (p pionScope) Errorf(f string, a ...any) { p.say("error", f, a...) }
