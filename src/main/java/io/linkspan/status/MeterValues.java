package io.linkspan.status;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The meters of the gateway by their names, read from the registry in one pass. */
final class MeterValues {

  private static final String PREFIX = "linkspan.";

  private final Map<String, List<Meter>> meters;

  private MeterValues(Map<String, List<Meter>> meters) {
    this.meters = meters;
  }

  static MeterValues of(MeterRegistry registry) {
    return new MeterValues(
        registry.getMeters().stream()
            .filter(meter -> meter.getId().getName().startsWith(PREFIX))
            .collect(
                Collectors.groupingBy(
                    meter -> meter.getId().getName(), HashMap::new, Collectors.toList())));
  }

  /** Returns the sum of the meters with a name; 0 if there are none. */
  double sum(String name) {
    return of(name).stream().mapToDouble(MeterValues::value).sum();
  }

  /** Returns the sum of the meters that have this value of a tag. */
  double sum(String name, String tag, String value) {
    return by(name, tag).getOrDefault(value, 0.0);
  }

  /** Returns the values of a tag, and the sum of the meters that have it. */
  SortedMap<String, Double> by(String name, String tag) {
    SortedMap<String, Double> sums = new TreeMap<>();
    for (Meter meter : of(name)) {
      String value = meter.getId().getTag(tag);
      if (value != null) {
        sums.merge(value, value(meter), Double::sum);
      }
    }
    return sums;
  }

  /** Returns the timers with a name. */
  List<Timer> timers(String name) {
    return of(name).stream().filter(Timer.class::isInstance).map(Timer.class::cast).toList();
  }

  /** Returns the meters with a name. */
  List<Meter> of(String name) {
    return meters.getOrDefault(name, List.of());
  }

  /** Returns a count, or the value of a gauge; 0 for a gauge whose owner is gone. */
  static double value(Meter meter) {
    double value =
        meter instanceof Counter counter
            ? counter.count()
            : meter instanceof Gauge gauge ? gauge.value() : ((Timer) meter).count();
    return Double.isFinite(value) ? value : 0;
  }
}
