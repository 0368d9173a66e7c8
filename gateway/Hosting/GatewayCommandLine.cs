using System.CommandLine;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Access;
using PmOrleans.Node.Catalog.Schema;

namespace PmOrleans.Gateway.Hosting;

/// <summary>The program's commands and their options.</summary>
internal static class GatewayCommandLine
{
    /// <summary>Exit code for whatever stops a command before it began: a wrong setting, a missing folder, a port in use.</summary>
    public const int CannotStart = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Build().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(parsed.Errors[0].Message + " See --help.");
        }

        try
        {
            // The web host handles signals itself and drains; nobody else may end the process after two seconds.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (StartException wrong)
        {
            return await FailAsync(wrong.Message);
        }
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("PmOrleans decides, in real time, what to show a customer next. Without a command it serves.");
        var data = Folder("--data", "Folder of the store.");
        data.DefaultValueFactory = _ => FromEnvironment("PMORLEANS_DATA") ?? new GatewayOptions().DataFolder;
        AddServe(root);
        var serve = new Command("serve", "Serve the HTTP API (the default).");
        AddServe(serve);
        root.Add(serve);

        var to = File("--to", "File to write; must not exist.");
        var backup = new Command("backup", "Copy the store into one file, while it may be in use.") { data, to };
        backup.SetAction((parsed, cancellation) => BackupCommand.RunAsync(parsed.GetValue(data)!, parsed.GetValue(to)!, cancellation));
        root.Add(backup);

        var connection = new Option<string>("--connection") { HelpName = "TEXT", Description = "PostgreSQL store of one node or a cluster, instead of the folder." };
        var schemaName = new Option<string>("--schema") { HelpName = "NAME", Description = "Schema of the PostgreSQL store.", DefaultValueFactory = _ => "pmorleans" };
        var live = new Option<bool>("--live") { Description = "Verify beside the process that has the folder open." };
        var verify = new Command("verify", "Recount everything from the log and say where a cap, budget, model or snapshot differs; nodes of a PostgreSQL store may write meanwhile.") { data, live, connection, schemaName };
        verify.SetAction((parsed, cancellation) => Database(parsed, connection, data) is { } text
            ? VerifyCommand.RunPostgresAsync(text, parsed.GetValue(schemaName)!, cancellation)
            : VerifyCommand.RunAsync(parsed.GetValue(data)!, parsed.GetValue(live), cancellation));
        root.Add(verify);

        var from = File("--from", "A file that backup wrote.");
        var restore = new Command("restore", "Put a backup into a folder that is missing or empty.") { from, data };
        restore.SetAction((parsed, cancellation) => RestoreCommand.RunAsync(parsed.GetValue(from)!, parsed.GetValue(data)!, cancellation));
        root.Add(restore);

        var before = new Option<string>("--before") { HelpName = "TIME", Description = "Cut records that are earlier; the last 7 days always stay.", Required = true };
        var export = Folder("--export", "Folder to write what is cut to, before it is gone.");
        export.DefaultValueFactory = _ => FromEnvironment("PMORLEANS_EXPORT")!;
        var cut = new Command("cut", "Recount a store that nobody has open, and cut its log from the beginning; may be ended and repeated at any time.") { data, connection, schemaName, before, export };
        cut.SetAction((parsed, cancellation) => Database(parsed, connection, data) is { } text
            ? CutCommand.RunPostgresAsync(text, parsed.GetValue(schemaName)!, parsed.GetValue(before)!, parsed.GetValue(export), cancellation)
            : CutCommand.RunAsync(parsed.GetValue(data)!, parsed.GetValue(before)!, parsed.GetValue(export), cancellation));
        root.Add(cut);

        root.Add(Archive(connection, schemaName));
        root.Add(Key());

        var catalog = Folder("--catalog", "Folder of YAML or JSON files.");
        catalog.Required = true;
        var bundle = new Command("bundle", "Write a catalog folder as one JSON bundle to the standard output, for PUT /v1/catalog.") { catalog };
        bundle.SetAction((parsed, cancellation) => BundleCommand.RunAsync(parsed.GetValue(catalog)!, cancellation));
        root.Add(bundle);

        var validate = new Command("validate", "Check a catalog folder and list every mistake with file, line and column; exit code 1 when there are errors.") { catalog };
        validate.SetAction(parsed => ValidateCommand.Run(parsed.GetValue(catalog)!, Console.Out));
        root.Add(validate);

        var schema = new Command("schema", "Write the JSON schema of catalog files to the standard output, for editors.");
        schema.SetAction(_ => Console.Out.Write(CatalogSchema.Text));
        root.Add(schema);
        return root;
    }

    /// <summary>A folder that is named is meant, whatever the process that serves has in its environment.</summary>
    private static string? Database(ParseResult parsed, Option<string> connection, Option<string> data) =>
        parsed.GetValue(connection) ?? (parsed.GetResult(data) is { Implicit: false } ? null : FromEnvironment("PMORLEANS_CONNECTION"));

    private static string? FromEnvironment(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } given ? given : null;

    private static Command Archive(Option<string> connection, Option<string> schemaName)
    {
        var export = Folder("--export", "Folder that a cut has exported to.");
        if (FromEnvironment("PMORLEANS_EXPORT") is { } usual)
        {
            // An option with a default is never found missing.
            export.DefaultValueFactory = _ => usual;
        }

        export.Required = true;
        var data = Folder("--data", "Folder of the store that was cut, with the keys of its customers and the ids of its catalogs; without it the accounting parts are read, by their numbers.");
        data.DefaultValueFactory = _ => FromEnvironment("PMORLEANS_DATA")!;
        var customer = new Option<string>("--customer") { HelpName = "ID", Description = "Only facts of the customer of this outside id." };
        var decision = new Option<string>("--decision") { HelpName = "ID", Description = "Only the decision of this id, with its candidates, and what became of it." };
        var from = new Option<string>("--from") { HelpName = "TIME", Description = "Only records at or after this time." };
        var to = new Option<string>("--to") { HelpName = "TIME", Description = "Only records before this time." };

        var list = new Command("list", "List the files, and read each to its end: exit code 1 when one is damaged.") { export };
        list.SetAction(parsed => ArchiveCommand.List(parsed.GetValue(export)!));
        var read = new Command("read", "Write the facts to the standard output, one a line.") { export, data, connection, schemaName, customer, decision, from, to };
        read.SetAction((parsed, cancellation) =>
        {
            var database = Database(parsed, connection, data);
            return ArchiveCommand.ReadAsync(
                parsed.GetValue(export)!,
                database is null || parsed.GetResult(data) is { Implicit: false } ? parsed.GetValue(data) : null,
                database is null ? null : (database, parsed.GetValue(schemaName)!),
                ArchiveCommand.Filter(parsed.GetValue(customer), parsed.GetValue(decision), parsed.GetValue(from), parsed.GetValue(to)),
                cancellation);
        });
        return new Command("archive", "Look into what a cut has exported.") { list, read };
    }

    private static Command Key()
    {
        var keys = File("--keys", "File of keys to add a line to; made when absent.");
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "Who calls with it, for the history and for refusals.", Required = true };
        var scopes = new Option<string>("--scopes") { HelpName = "A[,B]", Description = $"What it is good for: {string.Join(", ", Scopes.All)}, with commas between, or all.", Required = true };
        var command = new Command("key", "Make a key for a caller of a process with --keys: its line goes to the file, the key to the standard output, once.") { keys, name, scopes };
        command.SetAction((parsed, _) => KeyCommand.RunAsync(parsed.GetValue(keys)!, parsed.GetValue(name)!, parsed.GetValue(scopes)!));
        return command;
    }

    private static void AddServe(Command command)
    {
        var options = new List<(string Name, Option<string> Option)>();
        foreach (var setting in GatewaySettings.All)
        {
            var option = new Option<string>("--" + setting.Name) { HelpName = setting.Values, Description = $"{setting.Description} Default: {setting.Default}." };
            options.Add((setting.Name, option));
            command.Add(option);
        }

        command.SetAction((parsed, cancellation) =>
        {
            var given = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, option) in options)
            {
                if (parsed.GetResult(option) is { Implicit: false })
                {
                    given[name] = parsed.GetValue(option) ?? "";
                }
            }

            return ServeCommand.RunAsync(given, cancellation);
        });
    }

    private static Option<string> Folder(string name, string description) => Place(new Option<string>(name) { HelpName = "DIR", Description = description }, "folder");

    private static Option<string> File(string name, string description) => Place(new Option<string>(name) { HelpName = "FILE", Description = description, Required = true }, "file");

    /// <summary>A shell makes an empty text of a variable that is not set, and as a folder that would be the one the command runs in.</summary>
    private static Option<string> Place(Option<string> option, string what)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
            {
                result.AddError($"{option.Name} is '{text}', which names no {what}.");
            }
        });
        return option;
    }

    /// <summary>A message with what was given in it, shown and not obeyed by a terminal.</summary>
    internal static string OneLine(string message) => Labels.Shown(message.ReplaceLineEndings(" "), int.MaxValue);

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync("pmorleans: " + OneLine(message));
        return CannotStart;
    }
}
