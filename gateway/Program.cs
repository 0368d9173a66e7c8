using PmOrleans.Gateway.Hosting;

return await GatewayCommandLine.RunAsync(args);
