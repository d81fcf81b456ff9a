internal import EventModel
public import LogFormats

extension SourceChannel {
  /// How its bytes are decoded; `nil` when this version knows no such layout.
  public var decoding: (layout: LogLayout, options: DecodingOptions)? {
    guard let layout = LogLayout(name: layout) else { return nil }
    var map = FieldMap()
    // What a later version maps beside these is not read here.
    for field in fieldMap { _ = map.add(field.key, to: field.part) }
    let zone = zoneRules.isEmpty ? TimeZoneRules.utc : TimeZoneRules(packed: zoneRules) ?? .utc
    return (
      layout,
      DecodingOptions(
        fieldMap: map, timeZone: zone, modificationTime: modificationTime, defaultService: defaultService)
    )
  }
}
