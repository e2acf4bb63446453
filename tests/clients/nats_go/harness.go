package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"
)

const checkTime = 60 * time.Second

var failed int

// check runs one check and prints its line. A check ends by returning or by fail, must or same.
func check(area, what string, run func(ctx context.Context)) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	ended := make(chan string, 1)
	go func() {
		defer func() {
			why := ""
			if reason := recover(); reason != nil {
				why = fmt.Sprint(reason)
			}
			ended <- why
		}()
		run(ctx)
	}()
	why := ""
	select {
	case why = <-ended:
	case <-time.After(checkTime + time.Second):
		why = "does not end"
	}
	if why == "" {
		fmt.Printf("ok %s: %s (%d ms)\n", area, what, time.Since(started).Milliseconds())
		return
	}
	failed++
	fmt.Printf("FAIL %s: %s: %s\n", area, what, strings.Join(strings.Fields(why), " "))
}

// fail ends the check, naming the line of the caller's caller.
func fail(format string, values ...any) {
	_, file, line, _ := runtime.Caller(2)
	panic(fmt.Sprintf("%s (%s:%d)", fmt.Sprintf(format, values...), file[strings.LastIndex(file, "/")+1:], line))
}

func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func same(found, wanted any) {
	if !reflect.DeepEqual(found, wanted) {
		fail("found %v, wanted %v", found, wanted)
	}
}

// fails wants this error and no other.
func fails(err, wanted error) {
	if !errors.Is(err, wanted) {
		fail("found the error %v, wanted %v", err, wanted)
	}
}

// until asks again until probe answers true.
func until(what string, probe func() bool) {
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if probe() {
			return
		}
	}
	fail("%s: not after 15 s", what)
}

// numbers are the texts "from" to "to".
func numbers(from, to int) []string {
	var texts []string
	for n := from; n <= to; n++ {
		texts = append(texts, fmt.Sprint(n))
	}
	return texts
}

// A list that callbacks may add to.
type list struct {
	sync.Mutex
	texts []string
}

func (l *list) add(text string) {
	l.Lock()
	defer l.Unlock()
	l.texts = append(l.texts, text)
}

func (l *list) all() []string {
	l.Lock()
	defer l.Unlock()
	return append([]string(nil), l.texts...)
}

// A cuttable is a wire in between, which can be cut and refuses to be mended until told.
type cuttable struct {
	sync.Mutex
	listener net.Listener
	open     []net.Conn
	refuses  bool
}

func newCuttable(address string) *cuttable {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	wire := &cuttable{listener: listener}
	far := strings.TrimPrefix(address, "nats://")
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			wire.join(near, far)
		}
	}()
	return wire
}

func (c *cuttable) address() string { return "nats://" + c.listener.Addr().String() }

func (c *cuttable) join(near net.Conn, far string) {
	c.Lock()
	defer c.Unlock()
	other, err := net.Dial("tcp", far)
	if err != nil || c.refuses {
		near.Close()
		return
	}
	c.open = append(c.open, near, other)
	go carry(near, other)
	go carry(other, near)
}

func carry(from, to net.Conn) {
	buffer := make([]byte, 65536)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			to.Write(buffer[:n])
		}
		if err != nil {
			from.Close()
			to.Close()
			return
		}
	}
}

func (c *cuttable) cut(refuses bool) {
	c.Lock()
	defer c.Unlock()
	c.refuses = refuses
	for _, conn := range c.open {
		conn.Close()
	}
	c.open = nil
}

func (c *cuttable) mend() {
	c.Lock()
	defer c.Unlock()
	c.refuses = false
}
