//go:build firefox

package firefox

import (
	"os/exec"
	"syscall"
)

func init() {
	tie = func(run *exec.Cmd) { run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
}
