# A silo with the gateway in it; with --role it is either alone. The same image runs the operator's commands:
#   docker run --rm pmorleans:local PmOrleans.Gateway.dll verify --connection …
FROM mcr.microsoft.com/dotnet/sdk:10.0.100 AS build
WORKDIR /source

# First what the packages depend on, so that a change of code does not restore them again.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY decisioning/PmOrleans.Decisioning.csproj decisioning/
COPY node/PmOrleans.Node.csproj node/
COPY grain-interfaces/PmOrleans.GrainInterfaces.csproj grain-interfaces/
COPY grains/PmOrleans.Grains.csproj grains/
COPY gateway/PmOrleans.Gateway.csproj gateway/
COPY silo/PmOrleans.Silo.csproj silo/
# For the kind of machine that builds it: compiled, it leaves less than half of the work to the just-in-time compiler at a start.
RUN dotnet restore silo/PmOrleans.Silo.csproj --use-current-runtime -p:PublishReadyToRun=true

COPY decisioning/ decisioning/
COPY node/ node/
COPY grain-interfaces/ grain-interfaces/
COPY grains/ grains/
COPY gateway/ gateway/
COPY silo/ silo/
COPY samples/ samples/
COPY ops/postgres/ ops/postgres/
RUN dotnet publish silo/PmOrleans.Silo.csproj --no-restore -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0.0
WORKDIR /app
COPY --from=build /app .

# The data folder holds the log of a silo without a PostgreSQL connection, and drafts of nothing else.
RUN mkdir /data && chown "$APP_UID" /data
USER $APP_UID
VOLUME /data
ENV PMORLEANS_URLS=http://0.0.0.0:8080 PMORLEANS_DATA=/data DOTNET_CLI_TELEMETRY_OPTOUT=1
EXPOSE 8080 11111 30000
STOPSIGNAL SIGTERM

# The image has no curl; bash speaks TCP. Alive, not ready: a silo that waits for its database must not be restarted.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && IFS= read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["dotnet"]
CMD ["PmOrleans.Silo.dll"]
