package io.linkspan.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * Reads JSON objects of other parties. A name that is repeated would mean one thing here and
 * another thing elsewhere, so such an object is refused. Pure.
 */
final class StrictJson {

  private static final int MAX_DEPTH = 16;
  private static final int MAX_NUMBER = 32;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // Names that clients choose must not fill a table.
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private StrictJson() {}

  /**
   * Returns an object.
   *
   * @throws IllegalArgumentException when the text is anything else
   */
  static JsonObject read(String text) {
    try {
      if (MAPPER.readValue(text, Object.class) instanceof Map<?, ?> object) {
        @SuppressWarnings("unchecked") // names of JSON are text
        var members = (Map<String, Object>) object;
        return new JsonObject(members);
      }
    } catch (JsonProcessingException e) {
      // Its message would quote the text.
    }
    throw new IllegalArgumentException("not a JSON object, or one with repeated names");
  }
}
