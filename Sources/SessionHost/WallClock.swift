public import EventModel
internal import Glibc

/// The only clock of the program; everything inner is told the time.
public enum WallClock {
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
  }

  /// Milliseconds of a clock that never jumps, for intervals.
  public static var monotonicMs: Int64 { monotonicUs / 1000 }

  /// Microseconds of the same clock.
  public static var monotonicUs: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
