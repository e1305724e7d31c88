package example;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.apache.commons.lang3.StringUtils;

/** Turns a text round: the argument that it is given, or as a server the path that is asked for. */
public final class App {
    private App() {}

    public static void main(String[] words) throws IOException {
        if (words.length > 0) {
            System.out.println(turned(String.join(" ", words)));
            return;
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = (turned(exchange.getRequestURI().getPath().substring(1)) + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        System.out.println("listening on port 8080");
    }

    private static String turned(String text) {
        return StringUtils.capitalize(StringUtils.reverse(text));
    }
}
