using Microsoft.Extensions.Logging.Console;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Logs: one JSON object a line on stderr, without anything personal.</summary>
internal static class GatewayLogs
{
    public static void ConfigureGatewayLogs(this ILoggingBuilder logging, GatewayOptions options)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(options.LogLevel);

        // ASP.NET Core's own request logs have paths and query strings, which name customers; so have the scopes around every entry.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);

        // While this category can log, ASP.NET Core begins an activity for every request; whoever listens to its activity source gets them all the same.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // A failed start is told in one line by the command, not by a stack trace as well.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        logging.AddJsonConsole(json =>
        {
            json.IncludeScopes = false;
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
