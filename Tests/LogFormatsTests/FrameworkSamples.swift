import EventModel

extension Sample {
  // MARK: JSON that is not one record a line

  static let documents: [Sample] = [
    Sample(
      layout: "json-document",
      text: """
        [
          {
            "time": "2026-03-01T10:00:00Z",
            "level": "error",
            "tags": [ { "a": 1 }, [] ]
          },
          { "time": "2026-03-01T10:00:01Z", "service": "pay" }
        ]

        """,
      expected: [Counted(at(0), "file", .error), Counted(at(1), "pay", .unknown)]),
    Sample(
      layout: "json-document",
      text: #"[{"ts":1772359200,"sev":"warn","svc":"a"},{"ts":1772359201,"sev":"info","svc":"b"}]"# + "\n",
      expected: [Counted(at(0), "a", .warn), Counted(at(1), "b", .info)]),
    Sample(
      layout: "json-document",
      text: """
        {
          "timestamp": "2026-03-01T10:00:00Z",
          "severity": "ERROR",
          "jsonPayload": { "message": "m" }
        }
        {
          "timestamp": "2026-03-01T10:00:01Z",
          "severity": what
        }
        {
          "timestamp": "2026-03-01T10:00:02Z"
        }

        """,
      expected: [
        Counted(at(0), "file", .error), Counted(at(0), "file", .unknown), Counted(at(2), "file", .unknown),
      ], unparsable: 1),
    Sample(
      layout: "json-document",
      text: #"{"Records":[{"eventTime":"2026-03-01T10:00:00Z","eventName":"x"},"#
        + #"{"eventTime":"2026-03-01T10:00:01Z"}],"nextToken":"n\"","count":2}"# + "\n"
        + #"{"Records":[{"eventTime":"2026-03-01T10:00:02Z"}]}"# + "\n",
      expected: [
        Counted(at(0), "file", .unknown), Counted(at(1), "file", .unknown), Counted(at(2), "file", .unknown),
      ]),
    Sample(
      layout: "json-document",
      text: """
        {
            "events": [
                { "logStreamName": "s", "timestamp": 1772359200123, "message": "ERROR x" }
            ],
            "searchedLogStreams": []
        }

        """,
      expected: [Counted(at(0, ns: 123_000_000), "file", .unknown)]),
    Sample(layout: "json-document", text: "[\n]\n", expected: []),
    Sample(
      layout: "json-document",
      text:
        #"[{"_index":"i","_source":{"@timestamp":"2026-03-01T10:00:00Z","log":{"level":"warn"},"message":"m","#
        + #""service":{"name":"es"}}}]"# + "\n",
      expected: [Counted(at(0), "es", .warn)]),
    Sample(
      layout: "ndjson", text: #"{"events":[{"a":1}],"time":1772359200,"level":"error"}"# + "\n",
      expected: [Counted(at(0), "file", .error)]),
  ]

  // MARK: Defaults of frameworks and servers

  static let frameworks: [Sample] = [
    Sample(
      layout: "text",
      text: """
        E, [2026-03-01T10:00:00.123456 #123] ERROR -- : boom
        I, [2026-03-01T10:00:01.000000 #123]  INFO -- web: started
        A, [2026-03-01T10:00:02.000000 #123]   ANY -- : whatever
        F, [2026-03-01T10:00:03.000000 #4] FATAL -- : dead

        """,
      expected: [
        Counted(at(0, ns: 123_456_000), "file", .error), Counted(at(1), "file", .info),
        Counted(at(2), "file", .unknown), Counted(at(3), "file", .fatal),
      ]),
    Sample(
      layout: "text",
      text: """
        [2026-03-01 10:00:00] production.ERROR: x {"ctx":1}
        [2026-03-01T10:00:01.500000+00:00] my-app.DEBUG: y [] []
        [2026-03-01 10:00:02] local.thing: no level

        """,
      expected: [
        Counted(at(0), "file", .error), Counted(at(1, ns: 500_000_000), "file", .debug),
        Counted(at(2), "file", .unknown),
      ]),
    Sample(
      layout: "java-logging",
      text: """
        Mar 01, 2026 10:00:00 AM com.foo.Bar run
        SEVERE: boom
        java.lang.IllegalStateException: no
        \tat com.foo.Bar.run(Bar.java:1)
        Mar 01, 2026 10:00:01 AM com.foo.Bar run
        FINER: detail
        Mar 01, 2026 10:00:02 AM com.foo.Bar run
        Mar 01, 2026 10:00:03 AM com.foo.Bar run
        WARNING: last

        """,
      expected: [
        Counted(at(0), "file", .error), Counted(at(1), "file", .debug), Counted(at(2), "file", .unknown),
        Counted(at(3), "file", .warn),
      ], continued: 5),
    Sample(
      layout: "cri + java-logging",
      text: """
        2026-03-01T10:00:00.5Z stderr F Mar 01, 2026 10:00:00 AM com.foo.Bar run
        2026-03-01T10:00:00.6Z stderr F INFO: up
        2026-03-01T10:00:01.5Z stderr F Mar 01, 2026 10:00:01 AM com.foo.Bar run
        2026-03-01T10:00:01.6Z stderr F SEVERE: down

        """,
      expected: [
        Counted(at(0, ns: 500_000_000), "file", .info), Counted(at(1, ns: 500_000_000), "file", .error),
      ], continued: 2),
    Sample(
      layout: "kubectl-timestamps + dotnet-console",
      text: """
        2026-03-01T10:00:00.5Z info: Microsoft.Hosting.Lifetime[14]
        2026-03-01T10:00:00.5Z       Now listening on: http://[::]:80
        2026-03-01T10:00:01.5Z fail: Shop.Cart[0]
        2026-03-01T10:00:01.5Z       boom
        2026-03-01T10:00:01.5Z       System.Exception: x

        """,
      expected: [
        Counted(at(0, ns: 500_000_000), "file", .info), Counted(at(1, ns: 500_000_000), "file", .error),
      ], continued: 3),
    Sample(
      layout: "dotnet-console",
      text: """
        2026-03-01 10:00:00 crit: Shop.Cart[7]
              gone
        2026-03-01 10:00:01 dbug: Shop.Cart[8]
              fine

        """,
      expected: [Counted(at(0), "file", .fatal), Counted(at(1), "file", .debug)], continued: 2),
    Sample(
      layout: "text",
      text: """
        2026-03-01 10:00:00.000 UTC [123] LOG:  checkpoint starting: time
        2026-03-01 10:00:01.000 UTC [124] app@db ERROR:  relation "x" does not exist at character 15
        2026-03-01 10:00:01.000 UTC [124] app@db HINT:  No INFO here.
        2026-03-01 10:00:01.000 UTC [124] app@db STATEMENT:  select ERROR from x
        \twhere true
        2026-03-01 10:00:02.000 UTC [123] PANIC:  could not write
        2026-03-01 10:00:03.000 UTC [123] LOG:  an ERROR in the text

        """,
      expected: [
        Counted(at(0), "file", .info), Counted(at(1), "file", .error), Counted(at(2), "file", .fatal),
        Counted(at(3), "file", .info),
      ], continued: 3),
    Sample(
      layout: "text",
      text: """
        [2026-03-01 10:00:00 INF] Serilog
        [2026-03-01 10:00:01 WRN] Serilog
        [2026-03-01 10:00:02 FTL] Serilog
        2026-03-01T10:00:03Z DBG zerolog k=v
        2026-03-01T10:00:04Z TRC zerolog k=v

        """,
      expected: [
        Counted(at(0), "file", .info), Counted(at(1), "file", .warn), Counted(at(2), "file", .fatal),
        Counted(at(3), "file", .debug), Counted(at(4), "file", .trace),
      ]),
  ]
}
