import EventModel
import LogFormats
import Testing

@Suite struct ContentTests {
  private func first(_ text: String, as name: String? = nil) -> (message: String, fields: [String: String]) {
    let reading = Reading(text, as: name)
    guard let event = reading.events(text).first else { return ("", [:]) }
    let fields = event.fields.map { ($0.name.repaired, $0.value.repaired) }
    return (event.message.repaired, Dictionary(fields) { old, _ in old })
  }

  @Test func `a JSON event has its own key names, nested ones joined by dots, escapes undone`() {
    let (message, fields) = first(
      #"{"time":1772359200,"level":"info","service":"s","msg":"a\n\"\u00e9\ud83d\ude00\ud800","#
        + #""trace_id":"t1","http":{"status":500,"tags":["x",1],"ok":true,"empty":{}},"n":null}"# + "\n")
    #expect(message == "a\n\"\u{e9}\u{1F600}\u{FFFD}")
    #expect(
      fields == [
        "trace_id": "t1", "http.status": "500", "http.tags": #"["x",1]"#, "http.ok": "true",
        "http.empty": "{}",
        "n": "null",
      ])
  }

  @Test func `an OTLP event carries its attributes by name`() {
    let (message, fields) = first(
      #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1772359200000000000","body":{"stringValue":"b"},"#
        + #""attributes":[{"key":"user.id","value":{"intValue":"7"}}],"traceId":"t"}]}]}]}"# + "\n")
    #expect(message == "b")
    #expect(fields == ["user.id": "7", "traceId": "t"])
  }

  @Test func `an OTLP event carries the attributes of its resource, also when decoding starts in the middle`()
  {
    let head =
      #"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},"#
      + #"{"key":"host.name","value":{"stringValue":"box"}}]},"scopeLogs":[{"logRecords":["#
    let text = head + #"{"timeUnixNano":"1772359200000000000"}]}]}]}"# + "\n"
    let bytes = Array(text.utf8)
    let reading = Reading(bytes, cuts: [head.utf8.count])
    let (start, checkpoint) = reading.checkpoints[0]
    #expect(start == head.utf8.count)
    let events = Array(bytes[start...]).withUnsafeBytes {
      reading.decoder.events(in: $0, at: Int64(start), from: checkpoint)
    }
    #expect(events.first?.field("host.name") == ForeignText("box"))
    #expect(reading.counted(events).map(\.service) == ["s"])
  }

  @Test func `prefixes of tools become fields`() {
    #expect(first("[pod/a-1/c] 2026-03-01T10:00:00Z INFO x k=v\n").fields == ["pod": "a-1", "k": "v"])
    #expect(first("web-1  | 2026-03-01T10:00:00Z INFO x\n").fields == ["container": "web-1"])
    let docker = "{\"log\":\"INFO x\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-01T10:00:00Z\"}\n"
    #expect(first(docker).fields == ["stream": "stderr"])
  }

  @Test func `an access log line gives the parts of its request`() {
    let (message, fields) = first(
      #"example.org:80 10.1.2.3 - joe [01/Mar/2026:10:00:00 +0000] "GET /a?b=c HTTP/1.1" 404 12 "http://r" "curl/8""#
        + "\n")
    #expect(message == "GET /a?b=c HTTP/1.1")
    #expect(
      fields == [
        "vhost": "example.org:80", "client": "10.1.2.3", "user": "joe", "method": "GET", "path": "/a?b=c",
        "protocol": "HTTP/1.1", "status": "404", "size": "12", "referer": "http://r", "agent": "curl/8",
      ])
  }

  @Test func `syslog events name host, process and structured data`() {
    let (message, fields) = first(
      "<11>1 2026-03-01T10:00:00Z box app 12 ID7 [a@1 k=\"v \\\"w\\\"\"][b c=\"d\"] hi\n")
    #expect(message == "hi")
    #expect(fields == ["host": "box", "procid": "12", "msgid": "ID7", "a@1.k": "v \"w\"", "b.c": "d"])
    let old = first("Mar  1 10:00:00 box app[42]: hello\n")
    #expect(old.message == "hello")
    #expect(old.fields == ["host": "box", "pid": "42"])
  }

  @Test func `server errors, klog, log4j and Python name their parts`() {
    let apache = first("[Sun Mar 01 10:00:00 2026] [core:error] [pid 9:tid 8] [client 1.2.3.4:5] AH1: no\n")
    #expect(apache.message == "AH1: no")
    #expect(apache.fields == ["module": "core", "pid": "9", "client": "1.2.3.4:5"])
    let nginx = first("2026/03/01 10:00:00 [error] 12#34: *5 open() failed, client: 10.0.0.1, server: _\n")
    #expect(nginx.fields == ["client": "10.0.0.1", "pid": "12"])
    let klog = first("I0301 10:00:00.123456   12345 server.go:42] Starting\n")
    #expect(klog.message == "Starting")
    #expect(klog.fields == ["thread": "12345", "source": "server.go:42"])
    let log4j = first("2026-03-01 10:00:00,123 [main] INFO  com.foo.Bar - started\n")
    #expect(log4j.message == "started")
    #expect(log4j.fields == ["thread": "main", "logger": "com.foo.Bar"])
    let spring = first("2026-03-01 10:00:00.123  INFO 1 --- [main] c.f.App : up\n")
    #expect(spring.message == "up")
    #expect(spring.fields == ["pid": "1", "thread": "main", "logger": "c.f.App"])
    let python = first("2026-03-01 10:00:00,123 - my.logger - WARNING - careful\n")
    #expect(python.message == "careful")
    #expect(python.fields == ["logger": "my.logger"])
  }

  @Test func `a journal message of bytes is its text, one that is null is empty`() {
    let head = #"{"__REALTIME_TIMESTAMP":"1772359200000000","PRIORITY":"3","MESSAGE":"#
    let bytes = first(head + "[104,105,27,91,49,109,255]}\n")
    #expect(bytes.message == "hi\u{1B}[1m\u{FFFD}")
    #expect(bytes.fields == [:])
    #expect(first(head + "null}\n").message == "")
    #expect(first(head + #"["one","t\"wo"]}"# + "\n").message == "one\nt\"wo")
    #expect(first(head + "[256,1]}\n").message == "[256,1]")
    #expect(first(head + "[]}\n").message == "")
    #expect(first(#"{"time":1772359200,"message":42}"# + "\n").message == "42")
    #expect(first(#"{"event":[1],"msg":"text","log":null}"# + "\n", as: "ndjson").message == "text")
    #expect(first(#"{"log":{"level":"info"},"a":1}"# + "\n", as: "ndjson").message.hasPrefix("{"))
  }

  @Test func `an OTLP body that is no string is shown as plain JSON, its keys are fields`() {
    func body(_ value: String) -> (message: String, fields: [String: String]) {
      first(
        #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1772359200000000000","body":"#
          + value + "}]}]}]}\n")
    }
    let pair = #"{"key":"a","value":{"stringValue":"b\""}}"#
    let list = body(#"{"kvlistValue":{"values":[\#(pair),{"key":"n","value":{"intValue":"7"}}]}}"#)
    #expect(list.message == #"{"a":"b\"","n":7}"#)
    #expect(list.fields == ["a": "b\"", "n": "7"])
    let named = body(
      #"{"kvlistValue":{"values":[{"key":"msg","value":{"stringValue":"said\n"}},"#
        + #"{"key":"o","value":{"kvlistValue":{"values":[\#(pair)]}}},{"key":"e","value":{}}]}}"#)
    #expect(named.message == "said\n")
    #expect(named.fields == ["o.a": "b\"", "e": "null"])
    let array = body(
      #"{"arrayValue":{"values":[{"boolValue":true},{"doubleValue":1.5},{"arrayValue":{}}]}}"#)
    #expect(array.message == "[true,1.5,[]]")
    #expect(array.fields == [:])
    #expect(body(#"{"intValue":"5"}"#).message == "5")
    #expect(body(#"{"stringValue":"s"}"#).message == "s")
  }

  @Test func `OTLP attributes of lists and pairs are plain JSON`() {
    let (_, fields) = first(
      #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[{"key":"l","value":{"arrayValue":"#
        + #"{"values":[{"stringValue":"x"},{"intValue":"2"}]}}},{"key":"p","value":{"kvlistValue":{"values":"#
        + #"[{"key":"q","value":{"boolValue":false}}]}}},{"key":"s","value":{"stringValue":"\u00e9"}},"#
        + #"{"key":"none"}]}]}]}]}"# + "\n")
    #expect(fields == ["l": #"["x",2]"#, "p.q": "false", "s": "\u{e9}", "none": ""])
  }

  @Test func `Spring Boot names process, application, thread, logger and trace`() {
    let padded = "2026-03-01T10:00:00.123Z  INFO 7 --- [           main] c.e.App                 : up - now\n"
    #expect(first(padded).message == "up - now")
    #expect(first(padded).fields == ["pid": "7", "thread": "main", "logger": "c.e.App"])
    let trace = "803b448a0489f84084905d3093480352-3425f23bb2432450"
    let traced = "2026-03-01T10:00:00Z ERROR 7 --- [shop] [exec-1] [\(trace)] c.e.App : no\n"
    #expect(first(traced, as: "text").message == "no")
    #expect(
      first(traced, as: "text").fields == [
        "pid": "7", "application": "shop", "thread": "exec-1", "logger": "c.e.App",
        "trace_id": "803b448a0489f84084905d3093480352", "span_id": "3425f23bb2432450",
      ])
  }

  @Test func `thread and logger are taken off also where a text mixes layouts`() {
    let threadLast = first("2026-03-01 10:00:00,123 INFO  [main] com.foo.Bar - started - well\n", as: "text")
    #expect(threadLast.message == "started - well")
    #expect(threadLast.fields == ["thread": "main", "logger": "com.foo.Bar"])
    let threadFirst = first("10:00:00.123 [main] INFO com.foo.Bar -- started\n")
    #expect(threadFirst.message == "started")
    #expect(threadFirst.fields == ["thread": "main", "logger": "com.foo.Bar"])
    #expect(first("2026-03-01 10:00:00 INFO request - done\n", as: "text").message == "request - done")
    #expect(first("2026-03-01 10:00:00 INFO [a] b c - d\n", as: "text").message == "[a] b c - d")
  }

  @Test func `Ruby, Monolog, java-util-logging, .NET and PostgreSQL give the message alone`() {
    let ruby = first("E, [2026-03-01T10:00:00.123456 #123] ERROR -- web: boom: x\n")
    #expect(ruby.message == "boom: x")
    #expect(ruby.fields == ["pid": "123", "logger": "web"])
    #expect(first("[2026-03-01 10:00:00] production.ERROR: x {\"ctx\":1}\n").message == "x {\"ctx\":1}")
    let java = first("Mar 01, 2026 3:00:01 AM com.foo.Bar run\nSEVERE: boom k=v\n\tat x\n")
    #expect(java.message == "boom k=v\n\tat x")
    #expect(java.fields == ["logger": "com.foo.Bar", "method": "run", "k": "v"])
    let dotnet = first("fail: Shop.Cart[12]\n      boom\n      at x\n")
    #expect(dotnet.message == "boom\nat x")
    #expect(dotnet.fields == ["logger": "Shop.Cart", "event_id": "12"])
    let postgres = first(
      "2026-03-01 10:00:00 UTC [1] ERROR:  no\n2026-03-01 10:00:00 UTC [1] STATEMENT:  select 1\n")
    #expect(postgres.message == "no\nSTATEMENT:  select 1")
  }

  @Test func `continuation lines belong to the message of the event before`() {
    let text = "2026-03-01 10:00:00 ERROR bad\n  at x\n  at y\n2026-03-01 10:00:01 INFO fine\n"
    let events = Reading(text).events(text)
    #expect(events.map(\.message.repaired) == ["bad\n  at x\n  at y", "fine"])
  }

  @Test func `a map of fields comes before the usual keys`() {
    var map = FieldMap()
    map.time = ["when"]
    map.service = ["meta.app"]
    map.severity = ["how"]
    map.message = ["what"]
    let options = DecodingOptions(
      fieldMap: map, modificationTime: writtenAt, defaultService: ForeignText("f"))
    let text =
      #"{"time":1,"when":1772359200,"service":"no","meta":{"app":"yes"},"level":"info","how":"error","what":"w","msg":"m"}"#
      + "\n"
    let reading = Reading(text, as: "ndjson", options: options)
    #expect(reading.counted == [Counted(utc(2026, 3, 1, 10, 0, 0), "yes", .error)])
    let event = reading.events(text)[0]
    #expect(event.message.repaired == "w")
    #expect(event.fields.map(\.name.repaired) == ["time", "service", "level", "msg"])
  }

  @Test func `the origin of a time is told`() {
    let text = "{\"a\":1}\n{\"time\":1772359200}\nbroken\n"
    let reading = Reading(text)
    #expect(reading.events(text).map(\.timeOrigin) == [.source, .record, .previousEvent])
    #expect(reading.tally.withoutTimeCount == 1)
    #expect(reading.tally.unparsableCount == 1)
    #expect(reading.tally.first?.nanoseconds == utc(2026, 3, 1, 10, 0, 0))
  }

  @Test func `more services than the table holds count as one other`() {
    let lines = (0..<65_600).map { "{\"time\":1772359200,\"service\":\"s\($0)\"}\n" }.joined()
    let reading = Reading(lines, as: "ndjson")
    #expect(reading.counted.last?.service == "(other)")
    #expect(reading.counted[65_535].service == "s65535")
    #expect(reading.decoder.services.overflowCount == 64)
  }
}
