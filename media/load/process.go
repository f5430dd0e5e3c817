package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CPU is what a process used so far.
type CPU struct{ User, System time.Duration }

// Sub subtracts an earlier one.
func (c CPU) Sub(b CPU) CPU { return CPU{c.User - b.User, c.System - b.System} }

// Total is user and system together.
func (c CPU) Total() time.Duration { return c.User + c.System }

// CPUOf reads what a process used so far, in steps of 10 ms (proc_pid_stat(5): fields 14 and 15). Systems without /proc
// cannot tell.
func CPUOf(pid int) (CPU, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return CPU{}, err
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(f) < 13 {
		return CPU{}, fmt.Errorf("load: /proc/%d/stat has %d fields", pid, len(f))
	}
	user, err := strconv.Atoi(f[11])
	if err != nil {
		return CPU{}, err
	}
	system, err := strconv.Atoi(f[12])
	return CPU{time.Duration(user) * 10 * time.Millisecond, time.Duration(system) * 10 * time.Millisecond}, err
}
