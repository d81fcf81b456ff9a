import EventModel
import Testing

/// Lines as programs write them, with what they say worked out by hand.
struct Sample: CustomTestStringConvertible, Sendable {
  var layout: String
  var text: String
  var expected: [Counted]
  var continued = 0
  var unparsable = 0
  var testDescription: String { layout + ": " + text.prefix(40) }

  static let t0 = utc(2026, 3, 1, 10, 0, 0)
  static func at(_ seconds: Int64, ns: Int64 = 0) -> Int64 { t0 + seconds * 1_000_000_000 + ns }

  static let all: [Sample] = json + records + leading + wrapped + documents + frameworks

  // MARK: NDJSON of many libraries; 2026-03-01T10:00:00Z is 1772359200.

  static let json: [Sample] = [
    Sample(
      layout: "ndjson",
      text: """
        {"@timestamp":"2026-03-01T10:00:00.123Z","log.level":"ERROR","message":"boom","service.name":"cart","trace.id":"abc"}
        {"@timestamp":"2026-03-01T10:00:01Z","log":{"level":"warn"},"message":"slow","service":{"name":"pay"}}

        """,
      expected: [Counted(at(0, ns: 123_000_000), "cart", .error), Counted(at(1), "pay", .warn)]),
    Sample(
      layout: "ndjson",
      text: """
        {"name":"myapp","hostname":"h","pid":123,"level":30,"msg":"hello","time":"2026-03-01T10:00:00.001Z","v":0}
        {"level":50,"time":1772359201234,"pid":1,"hostname":"h","name":"pino-app","msg":"no"}
        {"level":60,"time":1772359202000,"pid":1,"hostname":"h","msg":"dead"}
        {"level":35,"time":1772359203000,"msg":"custom level"}

        """,
      expected: [
        Counted(at(0, ns: 1_000_000), "myapp", .info), Counted(at(1, ns: 234_000_000), "pino-app", .error),
        Counted(at(2), "file", .fatal), Counted(at(3), "file", .info),
      ]),
    Sample(
      layout: "ndjson",
      text: """
        {"level":"info","ts":1772359200.123456789,"caller":"a/b.go:10","msg":"zap","request_id":"r1"}
        {"level":"dbg?","ts":1.7723592010000001e9,"msg":"exponent"}
        {"time":"2026-03-01T12:00:02.5+02:00","level":"INFO+2","msg":"slog","source":{"function":"f","line":3}}
        {"level":"warning","msg":"logrus","time":"2026-03-01T10:00:03Z"}
        {"event":"structlog","timestamp":"2026-03-01T10:00:04.000001Z","level":"critical","logger":"x"}

        """,
      expected: [
        Counted(at(0, ns: 123_456_789), "file", .info), Counted(at(1, ns: 100), "file", .unknown),
        Counted(at(2, ns: 500_000_000), "file", .info), Counted(at(3), "file", .warn),
        Counted(at(4, ns: 1000), "file", .fatal),
      ]),
    Sample(
      layout: "ndjson",
      text: """
        {"severity":"NOTICE","timestamp":"2026-03-01T10:00:00.000000001Z","resource":{"labels":{"container_name":"web","pod_name":"web-1"}},"jsonPayload":{"message":"gcp"},"logName":"projects/p/logs/stderr"}
        {"__REALTIME_TIMESTAMP":"1772359201000002","PRIORITY":"3","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"bad key","_PID":"1"}
        {"ts":1772359202000000003,"sev":"E","svc":"api","tpl":"x {}","trace":"t1","msg":"x 1"}
        {"ts":1772359203000000003,"sev":"error","svc":"api","tpl":"x {}","trace":"t1","msg":"x 1"}
        {"ts":1772359204000000000,"kind":"log","service":"ts-order","severity":"INFO","host":"h","node":"n","trace_id":"a","span_id":"b","message":"m"}
        {"ts":1772359205000000000,"kind":"span","service":"ts-order","severity":"TRACE","message":"m","dur_us":12}
        {"t":{"$date":"2026-03-01T10:00:05.500Z"},"s":"I","c":"NETWORK","msg":"mongo"}
        {"ts":1772359206000000000,"kind":"log","service":"ts-order","severity":"UNKNOWN","message":"m"}

        """,
      expected: [
        Counted(at(0, ns: 1), "web", .info), Counted(at(1, ns: 2000), "sshd", .error),
        Counted(at(2, ns: 3), "api", .unknown), Counted(at(3, ns: 3), "api", .error),
        Counted(at(4), "ts-order", .info), Counted(at(5), "ts-order", .trace),
        Counted(at(5, ns: 500_000_000), "file", .unknown), Counted(at(6), "ts-order", .unknown),
      ]),
    Sample(
      layout: "ndjson",
      text: """
        {"Timestamp":"2026-03-01T10:00:00Z","SeverityText":"Information","SeverityNumber":9,"Body":"hi","Resource":{"service.name":"o","service.namespace":"shop"}}
        {"timestamp":"1772359201000000000","severity_number":17,"body":"err","resource":{"attributes":{"service.name":"py"}}}
        {"time":"2026-03-01T10:00:02Z","status":503,"msg":"GET /"}
        {"time":"2026-03-01T10:00:03Z","status":404,"level":"info"}
        not json at all
        {"msg":"no time","level":"error","app":"a\\/b"}

        """,
      expected: [
        Counted(at(0), "shop/o", .info), Counted(at(1), "py", .error), Counted(at(2), "file", .error),
        Counted(at(3), "file", .info), Counted(at(3), "file", .unknown), Counted(at(3), "a/b", .error),
      ], unparsable: 1),
  ]

  // MARK: Other record formats

  static let records: [Sample] = [
    Sample(
      layout: "syslog-5424",
      text:
        "49 <11>1 2026-03-01T10:00:00Z host app - - - counted\n47 <14>1 2026-03-01T10:00:01Z host app - - - again\n",
      expected: [Counted(at(0), "app", .error), Counted(at(1), "app", .info)]),
    Sample(
      layout: "otlp",
      text: """
        {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}},{"key":"service.namespace","value":{"stringValue":"shop"}}]},"scopeLogs":[{"scope":{"name":"s"},"logRecords":[{"timeUnixNano":"1772359200000000001","severityNumber":17,"severityText":"Error","body":{"stringValue":"a"},"attributes":[{"key":"user","value":{"intValue":"7"}}],"traceId":"t"},{"timeUnixNano":"0","observedTimeUnixNano":"1772359201000000000","severityNumber":9,"body":{"stringValue":"b"}}]}]},{"resource":{},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1772359202000000000","severityNumber":1}]}]}]}
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"pay"}}]},"scopeSpans":[{"spans":[{"name":"GET","startTimeUnixNano":"1772359203000000000","status":{}},{"name":"PUT","startTimeUnixNano":"1772359204000000000","status":{"code":2}}]}]}]}

        """,
      expected: [
        Counted(at(0, ns: 1), "shop/cart", .error), Counted(at(1), "shop/cart", .info),
        Counted(at(2), "file", .trace), Counted(at(3), "pay", .trace), Counted(at(4), "pay", .error),
      ]),
    Sample(
      layout: "otlp",
      text: """
        {
          "resourceLogs": [
            {
              "resource": { "attributes": [ { "key": "service.name", "value": { "stringValue": "p" } } ] },
              "scopeLogs": [
                { "scope": {}, "logRecords": [
                  { "timeUnixNano": "1772359200000000000",
                    "severityNumber": 13, "body": { "stringValue": "x" } },
                  { "timeUnixNano": "1772359201000000000", "severityNumber": 21 }
                ] }
              ]
            }
          ]
        }

        """,
      expected: [Counted(at(0), "p", .warn), Counted(at(1), "p", .fatal)]),
    Sample(
      layout: "logfmt",
      text: """
        time="2026-03-01T10:00:00Z" level=warning msg="hello \\"world\\"" service=db user=7
        ts=2026-03-01T10:00:01.5Z level=error caller=x.go:1 msg=boom
        level=info msg="no time"
        this is not logfmt

        """,
      expected: [
        Counted(at(0), "db", .warn), Counted(at(1, ns: 500_000_000), "file", .error),
        Counted(at(1, ns: 500_000_000), "file", .info), Counted(at(1, ns: 500_000_000), "file", .unknown),
      ], unparsable: 1),
    Sample(
      layout: "syslog-5424",
      text: """
        <34>1 2026-03-01T10:00:00.003Z mymachine.example.com su - ID47 - 'su root' failed
        <165>1 2026-03-01T02:00:01.000003-08:00 192.0.2.1 myproc 8710 - [ex@1 iut="3" e="a\\]b"] text
        <191>1 - - - - - - nothing known

        """,
      expected: [
        Counted(at(0, ns: 3_000_000), "su", .fatal), Counted(at(1, ns: 3000), "myproc", .info),
        Counted(at(1, ns: 3000), "file", .debug),
      ]),
    Sample(
      layout: "journald-export",
      text: """
        __CURSOR=s=1
        __REALTIME_TIMESTAMP=1772359200000005
        PRIORITY=4
        SYSLOG_IDENTIFIER=kernel
        MESSAGE=one
        DATA
        \u{5}\0\0\0\0\0\0\0a\n\nb=
        _PID=1

        __CURSOR=s=2
        __REALTIME_TIMESTAMP=1772359201000000
        PRIORITY=6
        _COMM=cron
        MESSAGE=two


        """,
      expected: [Counted(at(0, ns: 5000), "kernel", .warn), Counted(at(1), "cron", .info)]),
  ]

  // MARK: Layouts with a leading time

  static let leading: [Sample] = [
    Sample(
      layout: "syslog-3164",
      text: """
        <34>Mar  1 10:00:00 su: 'su root' failed
        <165>Mar  1 10:00:01 10.1.2.3 %LINK-3-UPDOWN: Interface down
        <13>Mar  1 10:00:02 box postfix/smtpd[7]: connect

        """,
      expected: [
        Counted(at(0), "su", .fatal), Counted(at(1), "%LINK-3-UPDOWN", .info),
        Counted(at(2), "postfix/smtpd", .info),
      ]),
    Sample(
      layout: "syslog-3164",
      text: """
        <11>Mar  1 10:00:00 host app[42]: failed
        Mar  1 10:00:01 host kernel: [  12.3] usb
        Mar  1 10:00:02 host sudo: ERROR: no tty
        Dec 31 23:59:59 host cron[1]: last year

        """,
      expected: [
        Counted(at(0), "app", .error), Counted(at(1), "kernel", .unknown), Counted(at(2), "sudo", .error),
        Counted(utc(2025, 12, 31, 23, 59, 59), "cron", .unknown),
      ]),
    Sample(
      layout: "syslog-3164",
      text: "2026-03-01T10:00:00.123456+00:00 host systemd[1]: Started\n  indented\n",
      expected: [Counted(at(0, ns: 123_456_000), "systemd", .unknown)], continued: 1),
    Sample(
      layout: "access-log",
      text: """
        127.0.0.1 - frank [01/Mar/2026:03:00:00 -0700] "GET /a.gif HTTP/1.0" 200 2326
        ::1 - - [01/Mar/2026:10:00:01 +0000] "POST /x HTTP/1.1" 503 12 "http://r" "Mozilla \\"x\\""
        www.example.com:443 10.0.0.1 - - [01/Mar/2026:10:00:02 +0000] "GET / HTTP/2" 404 1 "-" "curl"
        10.0.0.1 - - [01/Mar/2026:10:00:03 +0000] "-" 408 -

        """,
      expected: [
        Counted(at(0), "file", .info), Counted(at(1), "file", .error), Counted(at(2), "file", .warn),
        Counted(at(3), "file", .warn),
      ]),
    Sample(
      layout: "nginx-error",
      text: """
        2026/03/01 10:00:00 [error] 12#34: *5 open() "/x" failed (2: No such file), client: 10.0.0.1, server: _
        2026/03/01 10:00:01 [emerg] 1#1: bind() failed
        2026/03/01 10:00:02 [notice] 1#1: start

        """,
      expected: [
        Counted(at(0), "file", .error), Counted(at(1), "file", .fatal), Counted(at(2), "file", .info),
      ]),
    Sample(
      layout: "apache-error",
      text: """
        [Sun Mar 01 10:00:00.123456 2026] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:1] AH00124: no
        [Sun Mar 01 10:00:01 2026] [warn] [client 127.0.0.1] old style
        [Sun Mar 01 10:00:02.000001 2026] [ssl:trace3] [pid 1] fine

        """,
      expected: [
        Counted(at(0, ns: 123_456_000), "file", .error), Counted(at(1), "file", .warn),
        Counted(at(2, ns: 1000), "file", .trace),
      ]),
    Sample(
      layout: "klog",
      text: """
        I0301 10:00:00.123456   12345 server.go:42] Starting
        E0301 10:00:01.000001       1 x.go:1] "msg" err="bad"
        goroutine 1 [running]:
        F20260301 10:00:02.000000 77 main.cc:9] Check failed

        """,
      expected: [
        Counted(at(0, ns: 123_456_000), "file", .info), Counted(at(1, ns: 1000), "file", .error),
        Counted(at(2), "file", .fatal),
      ], continued: 1),
    Sample(
      layout: "log4j",
      text: """
        2026-03-01 10:00:00,123 [main] INFO  com.foo.Bar - started
        2026-03-01 10:00:01,000 [http-nio-80 exec 1] ERROR com.foo.Baz - broke
        java.lang.IllegalStateException: no
        \tat com.foo.Baz.run(Baz.java:10)

        Caused by: java.io.IOException
        2026-03-01 10:00:02.500  WARN 1 --- [main] c.f.App : spring

        """,
      expected: [
        Counted(at(0, ns: 123_000_000), "file", .info), Counted(at(1), "file", .error),
        Counted(at(2, ns: 500_000_000), "file", .warn),
      ], continued: 4),
    Sample(
      layout: "log4j",
      text:
        "23:00:00.250 [main] DEBUG com.foo - before midnight\n00:30:00.000 [main] FATAL com.foo - after\n",
      expected: [
        Counted(utc(2026, 3, 9, 23, 0, 0, ns: 250_000_000), "file", .debug),
        Counted(utc(2026, 3, 10, 0, 30, 0), "file", .fatal),
      ]),
    Sample(
      layout: "python-logging",
      text: """
        2026-03-01 10:00:00,123 - my.logger - WARNING - careful
        2026-03-01 10:00:01,000 - root - CRITICAL - dead
        Traceback (most recent call last):
          File "x.py", line 1, in <module>

        """,
      expected: [Counted(at(0, ns: 123_000_000), "file", .warn), Counted(at(1), "file", .fatal)], continued: 2
    ),
    Sample(
      layout: "text",
      text: """
        2026-03-01T10:00:00Z INFO hello
        [2026-03-01 10:00:01.25] [warn] brackets
        ERROR 2026-03-01 10:00:02 level first
        [FATAL] [2026-03-01T10:00:03+00:00] both in brackets
        2026-03-01 10:00:04 | debug | bars
        \u{1B}[90m2026-03-01T10:00:05Z\u{1B}[0m \u{1B}[31mERROR\u{1B}[0m colours
        1772359206 info epoch
        2026-03-01 10:00:07 no level, only an error in the text
        1234:M 01 Mar 2026 10:00:08.000 * redis
        01-Mar-2026 10:00:09.000 SEVERE [main] tomcat

        """,
      expected: [
        Counted(at(0), "file", .info), Counted(at(1, ns: 250_000_000), "file", .warn),
        Counted(at(2), "file", .error),
        Counted(at(3), "file", .fatal), Counted(at(4), "file", .debug), Counted(at(5), "file", .error),
        Counted(at(6), "file", .info), Counted(at(7), "file", .unknown), Counted(at(8), "file", .unknown),
        Counted(at(9), "file", .error),
      ]),
    Sample(
      layout: "text",
      text: "banner\nmore banner\n2026-03-01 10:00:00 INFO first\n",
      expected: [Counted(writtenAt.nanoseconds, "file", .unknown), Counted(at(0), "file", .info)],
      continued: 1),
    Sample(
      layout: "python-logging",
      text: """
        2026-03-01 10:00:00,123 ERROR my.mod: broke user=7
        2026-03-01 10:00:01,123 INFO my.mod: fine

        """,
      expected: [
        Counted(at(0, ns: 123_000_000), "file", .error), Counted(at(1, ns: 123_000_000), "file", .info),
      ]),
    Sample(
      layout: "text",
      text: """
        [2026-03-01T10:00:00.000Z] "GET /a HTTP/1.1" 503 UF 0 0 "-"
        update-alternatives 2026-03-01 10:00:01: run with x
        2026-03-01 10:00:02.000 UTC [123] ERROR:  relation "x" does not exist
        [2026-03-01 10:00:03.000][1][warning][main] [source/x.cc:1] proxy
        [2026-03-01T10:00:04,000][INFO ][o.e.n.Node] [node] search
        2026-03-01T10:00:05.000000Z 0 [Warning] [MY-010] [Server] database

        """,
      expected: [
        Counted(at(0), "file", .error), Counted(at(1), "file", .unknown), Counted(at(2), "file", .error),
        Counted(at(3), "file", .warn), Counted(at(4), "file", .info), Counted(at(5), "file", .warn),
      ]),
    Sample(
      layout: "syslog-3164",
      text: "Sun 2026-03-01 10:00:00 UTC box app[1]: one\nSun 2026-03-01 10:00:01 UTC box cron[2]: two\n",
      expected: [Counted(at(0), "app", .unknown), Counted(at(1), "cron", .unknown)]),
    Sample(
      layout: "logfmt",
      text: """
        type=SYSCALL msg=audit(1772359200.123:456): arch=c000003e syscall=59
        type=CWD msg=audit(1772359201.000:457): cwd="/root"

        """,
      expected: [Counted(at(0, ns: 123_000_000), "file", .unknown), Counted(at(1), "file", .unknown)]),
    Sample(
      layout: "plain",
      text: "WARNING:root:watch out\nhello\nERROR: bad\nan error\n",
      expected: [
        Counted(writtenAt.nanoseconds, "file", .warn), Counted(writtenAt.nanoseconds, "file", .unknown),
        Counted(writtenAt.nanoseconds, "file", .error), Counted(writtenAt.nanoseconds, "file", .unknown),
      ]),
  ]

  // MARK: Wrappings

  static let wrapped: [Sample] = [
    Sample(
      layout: "kubectl-timestamps + klog",
      text: """
        2026-03-01T10:00:00.000000001Z I0301 10:00:00.000000       1 a.go:1] one
        2026-03-01T10:00:01.000000001Z W0301 10:00:01.000000       1 a.go:1] two
        2026-03-01T10:00:01.000000002Z goroutine 7

        """,
      expected: [Counted(at(0, ns: 1), "file", .info), Counted(at(1, ns: 1), "file", .warn)], continued: 1),
    Sample(
      layout: "kubectl-timestamps + ndjson",
      text: """
        2026-03-01T10:00:00.5Z {"level":"error","msg":"x"}
        2026-03-01T10:00:01.5Z {"level":"info","msg":"x","service":"s","ts":"2026-03-01T10:00:01Z"}
        2026-03-01T10:00:02.5Z panic: oh

        """,
      expected: [
        Counted(at(0, ns: 500_000_000), "file", .error), Counted(at(1), "s", .info),
        Counted(at(2, ns: 500_000_000), "file", .unknown),
      ], unparsable: 1),
    Sample(
      layout: "text", text: "2026-03-01T10:00:00.5Z just text\n2026-03-01T10:00:01Z ERROR more\n",
      expected: [Counted(at(0, ns: 500_000_000), "file", .unknown), Counted(at(1), "file", .error)]),
    Sample(
      layout: "kubectl-prefix + text",
      text: """
        [pod/web-6d4b/nginx] 2026-03-01T10:00:00Z INFO a
        [pod/web-6d4b/sidecar] 2026-03-01T10:00:01Z WARN b
        [pod/web-6d4b/sidecar]   trace of b
        [pod/web-6d4b/nginx] no time, another stream

        """,
      expected: [
        Counted(at(0), "nginx", .info), Counted(at(1), "sidecar", .warn), Counted(at(1), "nginx", .unknown),
      ], continued: 1),
    Sample(
      layout: "kubectl-prefix + kubectl-timestamps + ndjson",
      text: """
        [pod/a-1/x] 2026-03-01T10:00:00Z {"level":"warn"}
        [pod/a-1/y] 2026-03-01T10:00:01Z {"level":"error"}

        """,
      expected: [Counted(at(0), "x", .warn), Counted(at(1), "y", .error)]),
    Sample(
      layout: "docker-compose + log4j",
      text: """
        web-1     | 2026-03-01 10:00:00,000 [main] INFO a.B - up
        \u{1B}[36mdb_2      |\u{1B}[0m 2026-03-01 10:00:01,000 [main] ERROR a.B - down

        """,
      expected: [Counted(at(0), "web", .info), Counted(at(1), "db", .error)]),
    Sample(
      layout: "stern + logfmt",
      text: """
        cart-5d8f7c9b6-abcde server ts=2026-03-01T10:00:00Z level=info msg=a
        pay-0 main ts=2026-03-01T10:00:01Z level=error msg=b

        """,
      expected: [Counted(at(0), "server", .info), Counted(at(1), "main", .error)]),
    Sample(
      layout: "docker-json + text",
      text: """
        {"log":"2026-03-01T09:00:00Z ERROR inner \\u001b[0m\\n","stream":"stdout","time":"2026-03-01T10:00:00.1Z"}
        {"log":"  at x\\n","stream":"stdout","time":"2026-03-01T10:00:00.2Z"}
        {"log":"2026-03-01 09:00:01 INFO no zone\\n","stream":"stderr","time":"2026-03-01T10:00:01Z"}

        """,
      expected: [Counted(at(-3600), "file", .error), Counted(at(1), "file", .info)], continued: 1),
    Sample(
      layout: "docker-json + plain",
      text: """
        {"log":"hello ","stream":"stdout","time":"2026-03-01T10:00:00Z"}
        {"log":"world\\n","stream":"stdout","time":"2026-03-01T10:00:01Z"}
        {"log":"next\\n","stream":"stdout","time":"2026-03-01T10:00:02Z","attrs":{"tag":"web"}}

        """,
      expected: [Counted(at(0), "file", .unknown), Counted(at(2), "web", .unknown)], continued: 1),
    Sample(
      layout: "cri + ndjson",
      text: """
        2026-03-01T10:00:00.1Z stdout F {"level":"error","msg":"x","svc":"a"}
        2026-03-01T10:00:01.1Z stderr F {"level":"info","msg":"y"}

        """,
      expected: [
        Counted(at(0, ns: 100_000_000), "a", .error), Counted(at(1, ns: 100_000_000), "file", .info),
      ]),
    Sample(
      layout: "cri + text",
      text: """
        2026-03-01T10:00:00.1Z stdout P 2026-03-01T10:00:00Z ERROR first half, 
        2026-03-01T10:00:00.2Z stdout F second half
        2026-03-01T10:00:01.1Z stdout F 2026-03-01T10:00:01Z INFO whole

        """,
      expected: [Counted(at(0), "file", .error), Counted(at(1), "file", .info)], continued: 1),
    Sample(
      layout: "stern + text",
      text: """
        \u{1B}[95mcart-5d8f7c9b6-abcde\u{1B}[0m \u{1B}[95mserver\u{1B}[0m 2026-03-01T10:00:00Z WARN a
        \u{1B}[91mpay-7c9b6d8f5-fghij\u{1B}[0m \u{1B}[91mmain\u{1B}[0m 2026-03-01T10:00:01Z [ERROR] b

        """,
      expected: [Counted(at(0), "server", .warn), Counted(at(1), "main", .error)]),
    Sample(
      layout: "docker-compose + kubectl-timestamps + logfmt",
      text: """
        web-1  | 2026-03-01T10:00:00.5Z level=info msg=a
        db-12  | 2026-03-01T10:00:01.5Z level=error msg=b

        """,
      expected: [
        Counted(at(0, ns: 500_000_000), "web", .info), Counted(at(1, ns: 500_000_000), "db", .error),
      ]),
    Sample(
      layout: "docker-json + ndjson",
      text: """
        {"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"x\\",\\"service\\":\\"a\\"}\\n","stream":"stdout","time":"2026-03-01T10:00:00Z"}
        {"log":"{\\"level\\":\\"info\\",\\"time\\":1772359201}\\r\\n","stream":"stdout","time":"2026-03-01T10:00:02Z"}

        """,
      expected: [Counted(at(0), "a", .error), Counted(at(1), "file", .info)]),
  ]
}
